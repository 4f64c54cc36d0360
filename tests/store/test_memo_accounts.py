"""Memo accounts of credit on a real database: what may still be drawn, what is held as pledge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from adapters.database import Database
from kernel.audit.recomputed import Recomputed
from kernel.eventstore.memory import MemoryLog
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from kernel.projections.rebuild import rebuild
from tests.support.bank import Bank, deposit, running_bank
from tests.support.credit import item, pledge, value
from tests.support.lending import contract, drawn, pass_days, publish


@pytest.fixture
def engine(postgres_url: str, schema_name: str) -> Iterator[Engine]:
    """Connections to a fresh ledger."""
    made = Database(postgres_url, schema_name).sqlalchemy_engine()
    yield made
    made.dispose()


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with a micro loan on sale; today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one)
        yield one


def noted(engine: Engine, bank: Bank) -> dict[str, int]:
    """Balances of the memo accounts, the same by the audit's own fold, and against their contra."""
    Follower(engine, bank.log, batch_size=3).catch_up()
    again = Recomputed()
    again.take(bank.log.read(0, bank.log.head().position))
    with engine.connect() as connection:
        assert alarms(connection) == []
        totals = connection.execute(select(READ_MODELS.ledger.ledger_totals)).all()
    stored = {
        (row.branch_id, row.subject, row.currency): row.debit_minor - row.credit_minor
        for row in totals
        if row.debit_minor != row.credit_minor
    }
    assert again.ledger() == stored
    memo = {key[1]: minor for key, minor in stored.items() if key[1] in ("9104", "9105", "9999")}
    assert sum(memo.values()) == 0
    return memo


def test_what_may_still_be_drawn_is_noted_from_signature_to_end(engine: Engine, bank: Bank) -> None:
    contract(bank)
    assert noted(engine, bank)["9105"] == 12_000_000
    first = drawn(bank, 5_000_000)
    assert noted(engine, bank)["9105"] == 7_000_000
    pass_days(bank, "2026-03-05")
    paid = {"loan_id": "L-1", "amount_minor": 1_000_000, "mode": "IN_ADVANCE"}
    bank.done("RepayLoan", **paid)
    assert noted(engine, bank)["9105"] == 7_000_000, "what is repaid is not lent again"
    bank.done("Deposit", **deposit(2_000_000))
    bank.done("ReverseLoanEntry", loan_id="L-1", position=first, reason="by mistake")
    assert noted(engine, bank)["9105"] == 12_000_000
    bank.done("EndContract", contract_id="K-1", reason="not wanted")
    assert noted(engine, bank) == {}


def test_a_credit_that_revolves_may_draw_what_was_repaid(engine: Engine, bank: Bank) -> None:
    publish(bank, "revolving", revolving=True, terms={"method": "revolving"})
    contract(bank, product_id="revolving")
    drawn(bank, 5_000_000)
    bank.done("RepayLoan", loan_id="L-1", amount_minor=2_000_000, mode="IN_ADVANCE")
    assert noted(engine, bank)["9105"] == 12_000_000 - 3_000_000


def test_an_item_is_noted_at_its_value_while_it_is_pledged(engine: Engine, bank: Bank) -> None:
    contract(bank)
    item(bank)
    assert "9104" not in noted(engine, bank)
    pledge(bank)
    assert noted(engine, bank)["9104"] == 20_000_000
    value(bank, "FLAT", 18_000_000)
    price = [{"item_id": "FLAT", "value_minor": 17_000_000}]
    assert noted(engine, bank)["9104"] == 18_000_000
    bank.done(
        "RevalueCollateral", run_id="R-1", part=1, file_digest="0" * 64, source="Valuers Ltd",
        valuation_method="MODEL", confidence_bp=9_000, valid_until="2027-03-02", prices=price,
    )  # fmt: skip
    assert noted(engine, bank)["9104"] == 17_000_000
    bank.done("ReleasePledge", item_id="FLAT", contract_id="K-1", rank=1, reason="repaid")
    assert "9104" not in noted(engine, bank)
    with engine.connect() as connection:
        before = model_checksum(connection, READ_MODELS.ledger)
    rebuild(engine, bank.log, READ_MODELS.ledger, batch_size=5)
    with engine.connect() as connection:
        assert model_checksum(connection, READ_MODELS.ledger) == before
