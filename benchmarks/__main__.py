"""``make bench``: every benchmark in one run on one server, each beside pgbench."""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from adapters.cell import Cell, running
from adapters.cli.client import Client, message
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from adapters.rpc.methods import methods, request_class
from adapters.rpc.security import Gate
from adapters.rpc.server import serve
from benchmarks.pgbench import transactions_per_second
from kernel.application.folds import ACCOUNT, FOLDS
from kernel.application.requests import Accepted
from kernel.application.states import States
from kernel.eventstore.snapshots import MemorySnapshots
from tests.support.bank import Bank, request, transfer

ENGINE_TRANSFERS = 30_000
BULK_TRANSFERS = 20_000
PER_MESSAGE = 500
UNARY_TRANSFERS = 2_000
ADDRESS = "127.0.0.1:50980"


def per_second(count: int, work: Callable[[], object]) -> float:
    """How many a second, over one run of the work."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def engine(cell: Cell, tag: str) -> None:
    """Durable transfers through the engine, without gRPC, all queued as fast as they are taken."""
    waiting = []
    for number in range(ENGINE_TRANSFERS):
        one = request("Transfer", f"{tag}-{number}", seconds=120, **transfer(1))
        while True:
            future = cell.engine.submit(one)
            if not future.done() or future.exception() is None:
                break
            time.sleep(0.001)
        waiting.append(future)
    assert all(isinstance(future.result(120), Accepted) for future in waiting)


def bulk(client: Client, tag: str) -> None:
    """Streamed transfers, many to a message; each its own command and outcome."""

    def messages() -> Iterator[object]:
        for first in range(0, BULK_TRANSFERS, PER_MESSAGE):
            sent = request_class(methods()["StreamTransfers"])()
            for number in range(first, first + PER_MESSAGE):
                fields = {"command_id": f"{tag}-{number}", **transfer(1)}
                sent.transfers.add().CopyFrom(message("Transfer", fields))  # type: ignore[attr-defined]
            yield sent

    prepared = list(messages())
    for reply in client.stream("StreamTransfers", iter(prepared)):  # type: ignore[arg-type]
        assert all(outcome.payment_id for outcome in reply.outcomes)


def unary(client: Client, tag: str, threads: int = 16) -> None:
    """Single transfers, several in flight."""

    def work(first: int) -> None:
        for number in range(first, UNARY_TRANSFERS, threads):
            client.call("Transfer", {"command_id": f"{tag}-{number}", **transfer(1)})

    workers = [threading.Thread(target=work, args=(first,)) for first in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


@contextmanager
def serving(cell: Cell) -> Iterator[Client]:
    """A gRPC server of the cell in this process, and a client."""
    loop, stopping = asyncio.new_event_loop(), asyncio.Event()
    gate = Gate.of(None, ADDRESS, development=True)
    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(cell, gate, ADDRESS, stopping))
    )
    thread.start()
    try:
        with Client(ADDRESS) as client:
            client.wait_until_ready()
            yield client
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()


def open_bank(cell: Cell) -> None:
    """The first commands of the day, with funds for every benchmark."""
    bank = Bank(cell.log)
    bank.engine = cell.engine
    bank.open_day()
    funds: dict[str, Any] = {"account_id": "A-1", "amount_minor": 10**12, "currency": "CNY"}
    bank.done("Deposit", **funds, source="CASH", branch_id="0755")


def run(url: str) -> list[tuple[str, float, str]]:
    """Every figure, with pgbench of the same server first."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS bench CASCADE")
    migrate(url, "bench")
    sql = Database(url, "bench").sqlalchemy_engine()
    rows = [("pgbench TPC-B-like, 8 clients", transactions_per_second(url, seconds=8), "tx/s")]
    with running(Cell(url, "bench", sql)) as cell:
        open_bank(cell)
        rate = per_second(ENGINE_TRANSFERS, lambda: engine(cell, "engine"))
        rows.append(("engine without gRPC, durable transfers", rate, "transfers/s"))
        with serving(cell) as client:
            rate = per_second(BULK_TRANSFERS, lambda: bulk(client, "bulk"))
            rows.append((f"gRPC streamed, {PER_MESSAGE} a message", rate, "transfers/s"))
            rate = per_second(UNARY_TRANSFERS, lambda: unary(client, "unary"))
            rows.append(("gRPC unary, 16 in flight", rate, "transfers/s"))
        head = cell.log.head().position
        before = min(one.position for one in cell.follower.standings().values())
        rate = per_second(head - before, lambda: cell.follower.wait_for(head, 300))
        rows.append(("projection of all read models", rate, "events/s"))
        facts = len(cell.log.history({"account:A-2": 0})["account:A-2"])
        cold = States(cell.log, FOLDS, MemorySnapshots())
        rate = per_second(facts, lambda: cold.get(ACCOUNT, "A-2"))
        rows.append((f"cold load of an account of {facts:,} events", rate, "events/s"))
    sql.dispose()
    return rows


def main() -> None:
    """Run on a throw-away embedded server with fsync on, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            rows = run(server.url)
    base = rows[0][1]
    table = Table(title="one run, one server, fsync on; client and server share the machine")
    for column in ("what", "rate", "÷ pgbench"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, rate, unit in rows:
        table.add_row(what, f"{rate:,.0f} {unit}", f"{rate / base:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
