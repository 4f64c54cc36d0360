"""What a day's interest costs in the cut, by accounts: ``python -m benchmarks.deposit_interest``.

Arguments are numbers of accounts. All are persons' current accounts with a balance and a rate. The
general ledger alone is written, and of it the whole cut is timed, its other parts being empty.

Units: seconds of wall time, microseconds an account.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

from sqlalchemy import Engine

from adapters.database import Database
from adapters.database.embedded import EmbeddedServer
from adapters.database.migrate import migrate
from benchmarks.filled import account_id, funded, opened
from benchmarks.results_file import Row, finished, show, write
from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.common.facts import Event
from kernel.deposits.commands import RateLine
from kernel.deposits.events import DepositRatePublished
from kernel.projections.models import READ_MODELS
from kernel.projections.round import Facts
from tests.support.bank_facts import fact, transferred

COUNTS = (100_000,)
FIRST = datetime.date(2026, 3, 18)
AT_ONCE = 10_000


class Days:
    """Business days of a bank, straight into the ledger's read model."""

    def __init__(self, sql: Engine, accounts: int) -> None:
        self.sql, self.accounts, self.today = sql, accounts, FIRST
        self._positions = count(1)

    def happened(self, events: Iterator[Event]) -> None:
        """Project events of the day."""
        while block := list(islice(events, AT_ONCE)):
            facts = Facts(fact(one, next(self._positions), self.today) for one in block)
            with self.sql.begin() as connection:
                READ_MODELS.ledger.apply(connection, facts)

    def ended(self, what: str) -> Row:
        """End the day, and say what the cut took."""
        following = self.today + datetime.timedelta(days=1)
        began = time.perf_counter()
        self.happened(iter([BusinessDateAdvanced(date=following, previous=self.today)]))
        seconds = time.perf_counter() - began
        self.today = following
        each = round(seconds / self.accounts * 10**6, 2)
        return Row(what=f"{self.accounts:,} accounts: {what}", value=each, unit="µs an account")

    def moved(self) -> Iterator[Event]:
        """Every second account is in one transfer."""
        for number in range(0, self.accounts // 4 * 4, 4):
            yield transferred(account_id(number), account_id(number + 1), 12_345)

    def opening(self) -> Iterator[Event]:
        """A listed rate, and every account opened and funded."""
        yield BusinessDateOpened(date=self.today)
        yield DepositRatePublished(
            currency="CNY", line=RateLine.DEMAND, annual_rate_ppm=500, effective_from=self.today
        )
        for number in range(self.accounts):
            yield opened(number)
        for number in range(self.accounts):
            yield funded(number)


def run(url: str, accounts: int) -> list[Row]:
    """Five days: all accounts new, rest, half of them moved, a quarter unsettled, rest."""
    schema = f"interest_{accounts}"
    migrate(url, schema)
    sql = Database(url, schema).sqlalchemy_engine()
    days = Days(sql, accounts)
    days.happened(days.opening())
    rows = [days.ended("all new and funded")]
    rows.append(days.ended("nothing moved"))
    days.happened(days.moved())
    rows.append(days.ended("every second one moved"))
    rows.append(days.ended("a quarter left unsettled, every line drawn by a fold"))
    rows.append(days.ended("nothing moved again"))
    sql.dispose()
    return rows


def main() -> None:
    """Measure, show, and write the result."""
    counts = [int(each) for each in sys.argv[1:]] or COUNTS
    with tempfile.TemporaryDirectory(prefix="corebank-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedServer(Path(folder) / "postgresql") as server:
            rows = [row for accounts in counts for row in run(server.url, accounts)]
            made = finished("deposit-interest", server.url, rows)
    show(made)
    print(write(made))


if __name__ == "__main__":
    main()
