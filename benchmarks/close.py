"""How long the close of a day takes, and what it does to payments meanwhile.

``python -m benchmarks.close [LOANS ...]`` on a throw-away server with fsync on: 10,000 and 100,000
loans when not told otherwise; for 1,000,000 say so. Every borrower has an account and ten loans,
which are collected from it; one loan in fifty is months in arrears. The first close makes all
columns from the log; the second is that of any later day. Client, server, follower and close share
the machine: trust ratios.
"""

from __future__ import annotations

import datetime
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from msgspec.structs import replace

from adapters.cell import Cell, running
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from adapters.day_close import DayCloses
from adapters.follower_process import FollowerProcess
from adapters.settings import Follow
from benchmarks.filled import account_id, customer_id, funded, opened
from benchmarks.results_file import Row, finished, show, write
from kernel.close import tables
from kernel.common.facts import Event
from kernel.loans.events import Drawn
from tests.support.bank import Bank, deposit, transfer
from tests.support.closing import DAY, append, drawn_loan
from tests.support.lending import publish

PAUSE_SECONDS = 0.01
STEADY_SECONDS = 5.0
DAYS = 3
LOANS_OF_ONE = 10
LATE_ONE_IN = 50


class Payments:
    """One payment after the other, durable; how long each took."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.taken: list[float] = []

    def __enter__(self) -> Payments:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE_SECONDS):
            began = time.perf_counter()
            self._bank.done("Transfer", **transfer(1))
            self.taken.append(1000 * (time.perf_counter() - began))

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.taken)

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return sorted(self.taken)[int(len(self.taken) * 0.99)]


class Stopwatch:
    """Seconds of each step, from what the close tells."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def tell(self, date: datetime.date, step: str, done: int, total: int) -> None:
        """See kernel.close.run.Tell."""
        now = time.perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._last
        self._last = now


def settle(cell: Cell) -> None:
    """Until index and read models have caught up with the log."""
    head = cell.log.head().position
    cell.follower.wait_for(head, 3600)
    with psycopg.connect(cell.url, autocommit=True) as connection:
        query = f'SELECT position FROM "{cell.schema}".index_watermark'.encode()
        while True:
            row = connection.execute(query).fetchone()
            if row is not None and row[0] >= head:
                return
            time.sleep(0.1)


def rows_of(cell: Cell, date: datetime.date) -> dict[str, int]:
    """Rows of each step."""
    with cell.sql.connect() as connection:
        found = tables.standing(connection, date)
    assert found is not None
    return found.rows


def lent(loans: int) -> Iterator[tuple[Event, datetime.date]]:
    """Borrowers with funded accounts, and their loans."""
    for number in range(0, loans, LOANS_OF_ONE):
        for made in (opened(number), funded(number)):
            yield made, DAY
    for number in range(loans):
        as_is = number % LATE_ONE_IN == 0 or number % 10
        drawn, start = drawn_loan(number if as_is else number + 1)
        assert isinstance(drawn, Drawn)
        whose = number - number % LOANS_OF_ONE
        account, customer = account_id(whose), customer_id(whose)
        mine = {"account_id": account, "debit_account_id": account, "customer_ids": (customer,)}
        yield replace(drawn, loan_id=f"L-{number}", contract_id=f"K-{number}", **mine), start


def run(url: str, loans: int) -> list[Row]:
    """Every figure for so many loans."""
    schema = f"bench_{loans}"
    migrate(url, schema)
    sql = Database(url, schema).sqlalchemy_engine()
    found: list[Row] = []
    with running(Cell(url, schema, sql, follow=Follow.PROCESS)) as cell:
        bank = Bank(cell.log)
        bank.engine = cell.engine
        bank.open_day()
        publish(bank)
        bank.done("Deposit", **deposit(10**9))
        began = time.perf_counter()
        append(cell.log, lent(loans), DAY)
        found.append(since(began, f"{loans:,} loans drawn and appended"))
        settle(cell)
        found.append(since(began, "... and in the index and all read models"))
        with Payments(bank) as before:
            time.sleep(STEADY_SECONDS)
        found += paid("before", before, before)
        for number in range(DAYS):
            found += closed(cell, bank, number, loans, before)
        with cell.sql.connect() as connection:
            size = connection.exec_driver_sql("SELECT sum(length(data)) FROM outlook_chunks").one()
        found.append(Row(what="columns kept of a loan", value=size[0] / loans, unit="bytes"))
        found += peaks(cell)
    sql.dispose()
    return found


def closed(cell: Cell, bank: Bank, number: int, loans: int, before: Payments) -> list[Row]:
    """The close of a day beside payments, and how long the read models take behind it."""
    date, found, watch = DAY + datetime.timedelta(days=number), list[Row](), Stopwatch()
    began = time.perf_counter()
    with Payments(bank) as during:
        DayCloses(cell).close(date, watch.tell)
    rows = rows_of(cell, date)
    for step, seconds in watch.seconds.items():
        what = f"day {number + 1}, {step}: {rows.get(step, 0):,} rows"
        found.append(Row(what=what, value=seconds, unit="s"))
    whole = sum(watch.seconds.values())
    found.append(Row(what=f"day {number + 1}, all", value=whole, unit="s"))
    found.append(Row(what=f"day {number + 1}, a loan", value=1e6 * whole / loans, unit="µs"))
    found += paid(f"during day {number + 1}", during, before)
    settle(cell)
    found.append(since(began, f"day {number + 1}, and all read models at the head"))
    return found


def since(began: float, what: str) -> Row:
    """Seconds since a moment."""
    return Row(what=what, value=time.perf_counter() - began, unit="s")


def peaks(cell: Cell) -> list[Row]:
    """Memory that each process held at most."""
    assert isinstance(cell.follower, FollowerProcess)
    status = Path(f"/proc/{cell.follower.process_id}/status").read_text()
    follower = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    server, computing = (
        resource.getrusage(who).ru_maxrss // 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    held = {"server and client": server, "computing": computing, "follower": follower}
    return [Row(what=f"peak resident, {who}", value=mb, unit="MB") for who, mb in held.items()]


def paid(when: str, payments: Payments, before: Payments) -> list[Row]:
    """What payments took at a time, and how many times as long as without a close."""
    ratio, over = f"payments {when}", payments.median / before.median
    return [
        Row(what=f"payment {when}, p50", value=payments.median, unit="ms", ratio=ratio, over=over),
        Row(what=f"payment {when}, p99", value=payments.p99, unit="ms"),
    ]


def main() -> None:
    """Run on a throw-away embedded server with fsync on."""
    sizes = [int(each.replace("_", "").replace(",", "")) for each in sys.argv[1:]] or [
        10_000,
        100_000,
    ]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            for loans in sizes:
                made = finished(f"close-{loans}", server.url, run(server.url, loans))
                show(made)
                write(made)


if __name__ == "__main__":
    main()
