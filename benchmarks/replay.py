"""A cold replay: all read models from event 0 once more, and whether they are the same.

``python -m benchmarks.replay [EVENTS]`` (2,600,000) on a throw-away server with fsync on: accounts,
transfers, and loans drawn and repaid are appended, projected to the end, and a day is closed. Then
a second schema of read models is filled from the same log, from position 1, and compared.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from adapters.cell import Cell, running, tune_process
from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from adapters.day_close import DayCloses
from adapters.settings import Follow
from benchmarks.close import settle
from benchmarks.filled import DAY, account_id, accounts, customer_id
from benchmarks.results_file import Row, finished, show, write
from kernel.common.facts import Event
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.postgres import PostgresLog
from kernel.loans.events import Drawn, Repaid
from kernel.payments.events import Transferred
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader
from tests.support.closing import append, drawn_loan

EVENTS = 2_600_000
EVENTS_AN_ACCOUNT, EVENTS_A_LOAN, EVENTS_OF_A_LOAN = 100, 130, 3
NEXT = DAY + datetime.timedelta(days=1)


def history(count: int) -> Iterator[tuple[Event, datetime.date]]:
    """So many events: every account opened and funded; then loans among transfers."""
    known = count // EVENTS_AN_ACCOUNT
    yield from ((event, DAY) for event in accounts(known))
    loans = 0
    for place in range(count - 2 * known - 1):
        turn = place % EVENTS_A_LOAN
        if turn == 0:
            yield lent(loans, known)
        elif turn * EVENTS_OF_A_LOAN % EVENTS_A_LOAN < EVENTS_OF_A_LOAN and loans:
            yield repaid(loans - 1, known), DAY
        else:
            yield paid(place, known), DAY
        loans += turn == 0


def lent(number: int, known: int) -> tuple[Event, datetime.date]:
    """A loan to the holder of an account."""
    drawn, start = drawn_loan(number)
    assert isinstance(drawn, Drawn)
    account, customer = account_id(number % known), customer_id(number % known)
    mine: dict[str, Any] = {"account_id": account, "debit_account_id": account}
    return replace(drawn, **mine, customer_ids=(customer,)), start


def repaid(number: int, known: int) -> Event:
    """Some money on a loan."""
    return Repaid(
        contract_id=f"K-{number}", loan_id=f"L-{number}", currency="CNY", amount_minor=30_000,
        account_id=account_id(number % known), branch_id="0755", mode="auto",
    )  # fmt: skip


def paid(place: int, known: int) -> Event:
    """A transfer between two accounts."""
    return Transferred(
        ordering_customer_id=customer_id(place * 7 % known),
        payer_account_id=account_id(place * 7 % known),
        payee_account_id=account_id((place * 13 + 1) % known),
        amount_minor=1 + place % 1_000,
        currency="CNY",
        text="rent",
    )


class Timed:
    """Rows of a run, one a step."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._began = time.perf_counter()

    def note(self, what: str, events: int = 0) -> None:
        """Seconds since the last note, and events a second where they count."""
        seconds = time.perf_counter() - self._began
        self.rows.append(Row(what=what, value=seconds, unit="s"))
        if events:
            self.rows.append(Row(what=f"{what}: rate", value=events / seconds, unit="events/s"))
        self._began = time.perf_counter()


def run(url: str, events: int) -> list[Row]:
    """Every step in turn; raises AssertionError when the replay is not what was there."""
    timed = Timed()
    for schema in ("first", "second"):
        migrate(url, schema)
    first, second = (Database(url, each).sqlalchemy_engine() for each in ("first", "second"))
    log, indexer = PostgresLog(url, "first"), Indexer(url, "first")
    timed.note("two schemas")
    append(log, history(events), DAY)
    timed.note(f"append {events:,} events", events)
    while indexer.advance():
        pass
    indexer.stop()
    timed.note("index them")
    Follower(first, log).catch_up()
    timed.note("all read models", events)
    with running(Cell(url, "first", first, follow=Follow.PROCESS)) as cell:
        while not cell.engine.is_writer:
            time.sleep(0.05)
        timed.note("a server starts")
        DayCloses(cell).close(DAY)
        settle(cell)
    timed.note("close of the day, with the read models")
    head = log.head().position
    replayed = Follower(second, log)
    replayed.catch_up()
    timed.note("cold replay from position 1", head)
    assert set(replayed.lag().values()) == {0}, replayed.standings()
    for day in (DAY, NEXT):
        balances = [trial_balance(Reader(each), day).rows for each in (first, second)]
        assert balances[0], f"nothing was booked on {day}"
        assert balances[0] == balances[1], f"the trial balances of {day} differ"
    digests = []
    for engine in (first, second):
        with engine.connect() as connection:
            digests.append([model_checksum(connection, model) for model in READ_MODELS.all])
    assert digests[0] == digests[1], "the read models differ"
    tables = sum(len(each) for each in digests[0])
    timed.note(f"{tables} tables and two trial balances compared: all equal")
    log.close()
    first.dispose()
    second.dispose()
    return timed.rows


def main() -> None:
    """Run on a throw-away embedded server with fsync on."""
    events = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else EVENTS
    tune_process()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            made = finished(f"replay-{events}", server.url, run(server.url, events))
    show(made)
    write(made)


if __name__ == "__main__":
    main()
