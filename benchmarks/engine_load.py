"""The engine without gRPC: durable transfers between many accounts, over a ledger of ``filled``.

Units: rates are transfers a second of wall time, CPU is that of this process (the database is
another one).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec
import uuid_utils

from adapters.cell import tune_process
from benchmarks.filled import account_id, accounts, customer_id, fill
from kernel.application.clock import SystemClock
from kernel.application.engine import Engine
from kernel.application.folds import FOLDS
from kernel.application.requests import Accepted, Request
from kernel.application.states import States
from kernel.application.work import Answer
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.snapshots import PostgresSnapshots
from kernel.payments.commands import Transfer

ACCOUNTS = 10_000
TRANSFERS = 200_000
PER_SUBMISSION = 1_000
IN_FLIGHT = 20
"""Submissions under way at once: enough for full batches, below the bound of the queue."""
DEADLINE_SECONDS = 600.0

Pair = tuple[int, int]
"""Numbers of payer and payee."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What one run came to."""

    transfers: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Transfers a second."""
        return self.transfers / self.seconds


@contextmanager
def running_engine(url: str, schema: str) -> Iterator[Engine]:
    """An engine that writes to the ledger, with its indexer; nothing else runs."""
    tune_process()
    log, snapshots = PostgresLog(url, schema), PostgresSnapshots(url, schema)
    engine = Engine(log, States(log, FOLDS, snapshots), SystemClock())
    indexer = Indexer(url, schema)
    engine.start()
    indexer.start()
    try:
        yield engine
    finally:
        engine.stop()
        indexer.stop()
        snapshots.close()
        log.close()


def ordered_id() -> str:
    """A command id that sorts by its time of making (UUIDv7), as the clients' guide asks for."""
    return str(uuid_utils.uuid7())


def random_id() -> str:
    """A command id without any order (UUIDv4)."""
    return str(uuid_utils.uuid4())


def transfers(pairs: Iterable[Pair], *, ordered: bool = True) -> list[Request]:
    """One request of one fen for each pair, each under a new command id."""
    new_id = ordered_id if ordered else random_id
    deadline = time.monotonic() + DEADLINE_SECONDS
    return [
        Request(
            principal="teller",
            channel="COUNTER",
            method="Transfer",
            command_id=new_id(),
            command=Transfer(
                ordering_customer_id=customer_id(payer),
                payer_account_id=account_id(payer),
                payee_account_id=account_id(payee),
                amount_minor=1,
                currency="CNY",
            ),
            deadline=deadline,
        )
        for payer, payee in pairs
    ]


def uniform(count: int, among: int, seed: int = 1) -> list[Pair]:
    """Any account to any other one."""
    draw = random.Random(seed).randrange
    pairs = ((draw(among), draw(among - 1)) for _ in range(count))
    return [(payer, payee + (payee >= payer)) for payer, payee in pairs]


def to_one_merchant(count: int, among: int, seed: int = 1) -> list[Pair]:
    """Any account but the first to the first."""
    draw = random.Random(seed).randrange
    return [(draw(1, among), 0) for _ in range(count)]


def one_pair(count: int) -> list[Pair]:
    """The first account to the second, over and over."""
    return [(0, 1)] * count


def drive(engine: Engine, requests: Sequence[Request]) -> Load:
    """Submit everything as fast as it is taken; come back when the last answer is there.

    Raises AssertionError unless every transfer was accepted.
    """
    room, accepted = threading.Semaphore(IN_FLIGHT), []

    def deliver(answers: Sequence[Answer]) -> None:
        accepted.append(sum(type(answer) is Accepted for answer in answers))
        room.release()

    began, cpu_began = time.perf_counter(), time.process_time()
    for first in range(0, len(requests), PER_SUBMISSION):
        room.acquire()
        engine.submit_many(requests[first : first + PER_SUBMISSION], deliver)
    for _ in range(IN_FLIGHT):
        room.acquire()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    assert sum(accepted) == len(requests), f"{sum(accepted)} of {len(requests)} accepted"
    return Load(transfers=len(requests), seconds=seconds, cpu_seconds=cpu_seconds)


@contextmanager
def warm_engine(url: str, schema: str, among: int = ACCOUNTS) -> Iterator[Engine]:
    """An engine over one migrated, empty schema, now with accounts that are all in memory."""
    fill(url, schema, accounts(among))
    with running_engine(url, schema) as engine:
        drive(engine, transfers((n, (n + 1) % among) for n in range(among)))
        yield engine
