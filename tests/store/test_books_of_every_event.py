"""The general ledger through everything that can happen to loans, batch by batch."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from kernel.common.facts import Event, Fact
from kernel.eventstore.catalogue import CATALOGUE
from kernel.eventstore.log import Log
from kernel.eventstore.memory import MemoryLog
from kernel.loans.events import OnLoan, OnLoans, parts_of
from kernel.projections import checks, loan_books
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from tests.support.bank import running_bank
from tests.support.lending import pass_days, publish
from tests.support.loan_lives import RUNNING, everything
from tests.support.rebuilding import require_clean_and_rebuilt

LEDGER = READ_MODELS.ledger


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


def test_the_audit_is_clean_and_a_rebuild_gives_the_same_books(
    postgres_url: str, schema_name: str, engine: Engine, log: Log
) -> None:
    require_clean_and_rebuilt(postgres_url, schema_name, engine, facts_of(log))


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


def test_a_loan_taken_over_stands_against_the_take_over_account(engine: Engine) -> None:
    """Its claims came from another system; what they bring later is the bank's income."""
    log = MemoryLog()
    with running_bank(log) as bank:
        bank.open_day()
        publish(bank)
        taken = bank.done("ImportLoan", **RUNNING)
        pass_days(bank, "2026-03-03")
        Follower(engine, log).catch_up()
        assert closing(engine)["300105"] == -(10_972_000 + 75_000 + 3_200)
        assert closing(engine)["130301"] == 10_000_000
        assert closing(engine)["130302"] == 972_000
        assert "601101" not in closing(engine), "the day of the take-over has brought nothing yet"
        bank.done("ReverseLoanEntry", loan_id="L-7", position=taken, reason="not sold after all")
        pass_days(bank, "2026-03-04")
    Follower(engine, log).catch_up()
    assert set(closing(engine)) == {"1001", "201101"}


def closing(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        rows = connection.execute(select(LEDGER.ledger_totals)).all()
    sums = {row.subject: row.debit_minor - row.credit_minor for row in rows}
    return {code: minor for code, minor in sums.items() if minor}
