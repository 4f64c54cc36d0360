"""The close of a day beside a running ledger: a thread of control, and processes that compute.

Folding and arrays run in processes of their own at a low priority, so live business keeps the
server's interpreter and the machine; commands of the close go to the engine as any other command,
a wave at a time.
"""

from __future__ import annotations

import datetime
import itertools
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

import structlog
from sqlalchemy import Engine
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from adapters.cell import Cell
from adapters.database import Database
from adapters.rpc.security import BANK
from kernel.application.engine import BATCH
from kernel.application.errors import Defect, EngineError
from kernel.application.requests import Outcome, Request
from kernel.application.use_cases import USE_CASES
from kernel.application.work import Answer
from kernel.close import tables
from kernel.close.accounts import Ask
from kernel.close.chunks import run_chunk
from kernel.close.run import Close, CloseFailed, Tell, silent
from kernel.close.tables import Cut, Done
from kernel.common.fields import shaped
from kernel.common.refusals import Refusal
from kernel.eventstore.postgres import PostgresLog

PROCESSES = max(1, (os.cpu_count() or 2) - 1)
NICE = 10
COMMAND_SECONDS = 60.0
READ_MODEL_SECONDS = 600.0
AGAIN_SECONDS, AGAIN_SECONDS_MAX = 0.5, 30.0
"""A server that was just started writes only when the one before it has let go; a command that is
given again gets the answer that it has."""
COMMANDS = {command.__name__: command for command in USE_CASES}

_LOG = structlog.get_logger(__name__)


class CellBank:
    """The running ledger as a close sees it; without processes chunks are done in this one."""

    def __init__(self, cell: Cell, processes: int = PROCESSES) -> None:
        self._cell = cell
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def knows(self, method: str) -> set[str]:
        """See kernel.close.run.Bank."""
        command = COMMANDS.get(method)
        return set() if command is None else set(command.__struct_fields__)

    @retry(
        retry=retry_if_exception_type(EngineError),
        wait=wait_fixed(AGAIN_SECONDS),
        stop=stop_after_delay(AGAIN_SECONDS_MAX),
        reraise=True,
    )
    def submit(self, asked: Sequence[Ask]) -> list[Outcome | Defect]:
        """See kernel.close.run.Bank."""
        answers: Future[Sequence[Answer]] = Future()
        deadline = self._cell.clock.monotonic() + COMMAND_SECONDS
        requests = [
            Request(
                principal=BANK,
                channel=BATCH,
                method=one.method,
                command_id=one.command_id,
                command=shaped(COMMANDS[one.method], one.fields),
                deadline=deadline,
            )
            for one in asked
        ]
        self._cell.engine.submit_many(requests, answers.set_result)
        outcomes: list[Outcome | Defect] = []
        for answer in answers.result(2 * COMMAND_SECONDS):
            if isinstance(answer, EngineError) and not isinstance(answer, Defect):
                raise answer
            assert not isinstance(answer, Exception) or isinstance(answer, Defect), answer
            outcomes.append(answer)
        return outcomes

    def run_chunks(self, cut: Cut, step: str, chunks: Sequence[int]) -> Iterator[Done]:
        """See kernel.close.run.Bank."""
        if not self._processes or len(chunks) < 2:
            for number in chunks:
                yield run_chunk(self._cell.sql, self._cell.log, cut, step, number)
            return
        pool = self._computing()
        left = iter(chunks)
        waiting = {
            pool.submit(_work, cut, step, number)
            for number in itertools.islice(left, self._processes + 1)
        }
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for number in itertools.islice(left, len(done)):
                waiting.add(pool.submit(_work, cut, step, number))
            for one in done:
                yield one.result()

    def _computing(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes,
                multiprocessing.get_context("spawn"),
                _begin,
                (self._cell.url, self._cell.schema),
            )
        return self._pool

    def end(self) -> None:
        """End the computing processes, after what they are at."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def wait_for(self, position: int) -> bool:
        """See kernel.close.run.Bank."""
        return self._cell.follower.wait_for(position, READ_MODEL_SECONDS)


class _Worker:
    """What a computing process works with."""

    sql: Engine
    log: PostgresLog


def _begin(url: str, schema: str) -> None:
    os.nice(NICE)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    _Worker.sql = Database(url, schema).sqlalchemy_engine(pool_size=1)
    _Worker.log = PostgresLog(url, schema)


def _die_with_parent() -> None:
    """A server that is killed leaves nobody behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(cut: Cut, step: str, number: int) -> Done:
    return run_chunk(_Worker.sql, _Worker.log, cut, step, number)


class DayCloses:
    """The closes that this process runs: one at a time, each in a thread of its own."""

    def __init__(self, cell: Cell, processes: int = PROCESSES) -> None:
        self._cell = cell
        self._processes = processes
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed: dict[datetime.date, str] = {}

    def start(self, date: datetime.date, tell: Tell = silent) -> bool:
        """Begin or go on with the close of a day; False when a close is running already."""
        with self._guard:
            if self._thread is not None and self._thread.is_alive():
                return False
            self._failed.pop(date, None)
            self._thread = threading.Thread(
                target=self._run, args=(date, tell), name="close", daemon=True
            )
            self._thread.start()
        return True

    def close(self, date: datetime.date, tell: Tell = silent) -> str:
        """Close a day in this thread; its digest. Raises as ``kernel.close.run.Close.run``."""
        bank = CellBank(self._cell, self._processes)
        try:
            return Close(self._cell.sql, self._cell.log, bank, tell).run(date)
        finally:
            bank.end()

    def standing(self, date: datetime.date) -> tuple[tables.Standing | None, str, bool]:
        """How the close of a day stands, why it failed before it began, whether one runs here."""
        with self._cell.sql.connect() as connection:
            found = tables.standing(connection, date)
        thread = self._thread
        return found, self._failed.get(date, ""), thread is not None and thread.is_alive()

    def _run(self, date: datetime.date, tell: Tell) -> None:
        try:
            self.close(date, tell)
        except Exception as error:
            self._failed[date] = f"{type(error).__name__}: {error}"
            foreseen = isinstance(error, (Refusal, CloseFailed, EngineError))
            stack = None if foreseen else error
            _LOG.error("close.failed", date=str(date), error=str(error), exc_info=stack)
