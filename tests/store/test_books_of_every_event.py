"""The general ledger through everything that can happen to loans, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from adapters.database import Database
from kernel.audit.verify import Recomputed
from kernel.common.facts import Event, Fact
from kernel.eventstore.catalogue import CATALOGUE
from kernel.eventstore.log import Log
from kernel.eventstore.memory import MemoryLog
from kernel.loans.events import OnLoan, OnLoans, parts_of
from kernel.projections import checks, loan_books
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from kernel.projections.rebuild import rebuild
from tests.support.bank import running_bank
from tests.support.loan_lives import everything

LEDGER = READ_MODELS.ledger


@pytest.fixture
def engine(postgres_url: str, schema_name: str) -> Iterator[Engine]:
    """Connections to a fresh ledger."""
    made = Database(postgres_url, schema_name).sqlalchemy_engine()
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def log() -> Log:
    """A log of loans to which everything happened."""
    made = MemoryLog()
    with running_bank(made) as bank:
        everything(bank)
    return made


def facts_of(log: Log) -> list[Fact]:
    return log.read(0, 10_000)


def test_every_kind_of_event_of_a_loan_is_among_them(log: Log) -> None:
    happened = {
        type(each) for fact in facts_of(log) for each in (fact.event, *parts_of(fact.event))
    }
    known = {kind for kind in CATALOGUE.values() if issubclass(kind, OnLoan | OnLoans)}
    assert known - happened == set()


def test_the_books_add_up_after_every_batch(engine: Engine, log: Log) -> None:
    follower = Follower(engine, log, batch_size=9)
    while follower.run_round():
        with engine.connect() as connection:
            assert checks.loan_settlement_off(connection, LEDGER) == []
            assert checks.unbalanced_journals(connection, LEDGER) == []
            assert checks.trial_balance_off(connection, LEDGER) == []
    with engine.connect() as connection:
        last = facts_of(log)[-1].booking_date
        models = READ_MODELS
        assert checks.audit(connection, models.balances, models.statements, LEDGER, last) == []
        assert alarms(connection) == []


def test_the_audit_and_a_rebuild_find_the_same_books(engine: Engine, log: Log) -> None:
    Follower(engine, log, batch_size=50).catch_up()
    again = Recomputed()
    again.take(facts_of(log))
    with engine.connect() as connection:
        before = model_checksum(connection, LEDGER)
        totals = connection.execute(select(LEDGER.ledger_totals)).all()
    stored = {
        (row.branch_id, row.subject, row.currency): row.debit_minor - row.credit_minor
        for row in totals
        if row.debit_minor != row.credit_minor
    }
    assert again.ledger() == stored
    rebuild(engine, log, LEDGER, batch_size=7)
    with engine.connect() as connection:
        assert model_checksum(connection, LEDGER) == before


def test_nothing_is_left_open_with_a_partner_that_was_settled_last(
    engine: Engine, log: Log
) -> None:
    Follower(engine, log).catch_up()
    with engine.connect() as connection:
        totals = LEDGER.ledger_totals
        rows = connection.execute(select(totals).where(totals.c.subject == "300104")).all()
    assert [row.debit_minor - row.credit_minor for row in rows] == [0]


def only_acts_on_one_loan(event: Event) -> tuple[OnLoan, ...]:
    return (event,) if isinstance(event, OnLoan) else ()


def test_a_settlement_account_that_keeps_money_is_found(
    engine: Engine, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seeded defect: books that look past acts on several loans."""
    monkeypatch.setattr(loan_books, "parts_of", only_acts_on_one_loan)
    Follower(engine, log).catch_up()
    with engine.connect() as connection:
        assert checks.loan_settlement_off(connection, LEDGER) != []
