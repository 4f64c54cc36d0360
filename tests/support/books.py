"""The books of a day book on a real database: projected, checked against the audit, asked for."""

from __future__ import annotations

import datetime

from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import Engine, select, text

from kernel.audit.recomputed import Recomputed
from kernel.projections import checks
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from kernel.projections.queries.ledger import trial_balance
from kernel.projections.queries.reading import Reader
from tests.support.bank_facts import log_of
from tests.support.loan_facts import DayBook

SLOW = settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""For properties of whole books, each example of which is projected anew."""


def wiped(engine: Engine) -> Engine:
    """The same ledger with empty read models."""
    tables = [table.name for model in READ_MODELS.all for table in model.tables]
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(tables)}, projections, alarms"))
    return engine


def posted(engine: Engine, book: DayBook, batch_size: int = 500) -> None:
    """Project the book; every check and the recomputed ledger agree."""
    Follower(engine, log_of(book.facts), batch_size=batch_size).catch_up()
    models, again = READ_MODELS, Recomputed()
    again.take(book.facts)
    with engine.connect() as connection:
        assert alarms(connection) == []
        found = checks.audit(
            connection, models.balances, models.statements, models.ledger, book.today
        )
        assert found == []
        totals = models.ledger.ledger_totals
        stored = {
            (row.branch_id, row.subject, row.currency): row.debit_minor - row.credit_minor
            for row in connection.execute(select(totals))
            if row.debit_minor != row.credit_minor
        }
    assert stored == again.ledger()


def closing(engine: Engine, on: datetime.date | None = None) -> dict[str, int]:
    """Closing balances of the trial balance by subject, debit positive."""
    sums: dict[str, int] = {}
    for row in trial_balance(Reader(engine), on).rows:
        sums[row.subject] = sums.get(row.subject, 0) + row.closing_minor
    return {code: minor for code, minor in sums.items() if minor}


def closing_of(engine: Engine, on: datetime.date, *subjects: str) -> list[int]:
    """Closing balances of these subjects, debit positive; 0 of one that was not posted to."""
    found = closing(engine, on)
    return [found.get(each, 0) for each in subjects]
