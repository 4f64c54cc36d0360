"""Rebuilding: the new model equals the incremental one row for row, beside live traffic."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, select, text

from kernel.accounts.commands import RestraintDirection, RestraintKind
from kernel.accounts.events import (
    HoldCaptured,
    HoldPlaced,
    OverdraftLimitSet,
    RestraintLifted,
    RestraintPlaced,
)
from kernel.common.facts import Fact
from kernel.common.legs import CapUse, Direction
from kernel.common.people import CustomerKind
from kernel.customers.events import CustomerRegistered
from kernel.eventstore.memory import MemoryLog
from kernel.payments.commands import Every
from kernel.payments.events import (
    PaymentReversed,
    StandingOrderMissed,
    StandingOrderSet,
    two_legs,
)
from kernel.projections.checksum import model_checksum
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import PROJECTIONS
from kernel.projections.rebuild import rebuild
from tests.support.bank_facts import (
    DAY_1,
    DAY_2,
    DAY_3,
    deposited,
    extend,
    following,
    log_of,
    next_day,
    opened,
    opening_day,
    transferred,
)

NAMES = [model.name for model in READ_MODELS.all]


def two_days() -> list[Fact]:
    """Something for each read model."""
    facts = opening_day(
        CustomerRegistered(
            customer_id="li-na", kind=CustomerKind.PERSON, name="李娜", branch_id="0755"
        ),
        opened("li"),
        opened("far", "0451", customer_id="zhao"),
        deposited("li", 1_000),
        OverdraftLimitSet(account_id="li", limit_minor=500),
        HoldPlaced(
            account_id="li",
            hold_id="hotel",
            amount_minor=70,
            currency="CNY",
            expires_on=DAY_3,
            reason="deposit of a room",
        ),
        RestraintPlaced(
            account_id="far",
            restraint_id="freeze",
            kind=RestraintKind.JUDICIAL_FREEZE,
            authority="court",
            notice_number="2026-1",
            direction=RestraintDirection.DEBIT,
            placed_on=DAY_1,
            placed_by="teller-1",
        ),
        StandingOrderSet(
            standing_order_id="rent",
            ordering_customer_id="li-na",
            payer_account_id="li",
            payee_account_id="far",
            amount_minor=30,
            currency="CNY",
            first_on=DAY_1,
            every=Every.DAYS,
            interval=1,
        ),
        transferred("li", "far", 300),
    )
    return next_day(
        facts,
        DAY_2,
        HoldCaptured(
            account_id="li",
            hold_id="hotel",
            amount_minor=50,
            released_minor=20,
            currency="CNY",
            payee_account_id="far",
        ),
        RestraintLifted(account_id="far", restraint_id="freeze", authority="court", reason="paid"),
        StandingOrderMissed(standing_order_id="rent", due_on=DAY_1, reason_code="NO_FUNDS"),
        PaymentReversed(
            payment_id=10,
            original_booking_date=DAY_1,
            reversing_legs=two_legs("far", "li", 300, "CNY", "REVERSAL"),
            given_back=(
                CapUse(account="li", direction=Direction.OUT, amount_minor=-300, on=DAY_1),
            ),
            reason="twice paid",
        ),
    )


def digests(engine: Engine, name: str) -> dict[str, str]:
    """Digest of each table of the model."""
    with engine.connect() as connection:
        return model_checksum(connection, READ_MODELS.named(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_rebuilt_model_equals_the_incremental_one(engine: Engine, name: str) -> None:
    log = log_of(two_days())
    Follower(engine, log, batch_size=2).catch_up()
    before = digests(engine, name)
    assert rebuild(engine, log, READ_MODELS.named(name), batch_size=5) == 15
    assert digests(engine, name) == before
    assert rebuild(engine, log, READ_MODELS.named(name)) == 15
    assert digests(engine, name) == before


@pytest.mark.parametrize("name", NAMES)
def test_the_digest_sees_a_single_changed_row(engine: Engine, name: str) -> None:
    Follower(engine, log_of(two_days())).catch_up()
    before = digests(engine, name)
    with engine.begin() as connection:
        rows = (
            (table, connection.execute(select(*table.primary_key.columns)).first())
            for table in READ_MODELS.named(name).tables
        )
        table, one = next((table, row) for table, row in rows if row is not None)
        where = " AND ".join(f"{column} = :{column}" for column in one._mapping)
        connection.execute(text(f"DELETE FROM {table.name} WHERE {where}"), dict(one._mapping))
    assert digests(engine, name) != before


def test_a_damaged_model_is_healed_by_a_rebuild(engine: Engine) -> None:
    log = log_of(two_days())
    Follower(engine, log).catch_up()
    before = digests(engine, "balances")
    with engine.begin() as connection:
        connection.execute(text("UPDATE accounts SET ledger_minor = 0"))
    assert digests(engine, "balances") != before
    rebuild(engine, log, READ_MODELS.balances)
    assert digests(engine, "balances") == before


def test_rebuilding_beside_live_traffic(engine: Engine) -> None:
    facts = two_days()
    log = log_of(facts)
    follower = Follower(engine, log, batch_size=10, poll_seconds=0.01)
    follower.start()
    try:
        writer = threading.Thread(target=_append_many, args=(log, facts))
        writer.start()
        while writer.is_alive():
            rebuild(engine, log, READ_MODELS.balances, batch_size=50)
            rebuild(engine, log, READ_MODELS.ledger, batch_size=50)
        writer.join()
        end = log.head().position
        assert follower.wait_for(end, timeout_seconds=60)
    finally:
        follower.stop()
    live = {name: digests(engine, name) for name in ("balances", "ledger")}
    rebuild(engine, log, READ_MODELS.balances)
    rebuild(engine, log, READ_MODELS.ledger)
    assert {name: digests(engine, name) for name in live} == live


def _append_many(log: MemoryLog, facts: list[Fact]) -> None:
    for _ in range(40):
        more = following(facts, *[transferred("li", "far", 1)] * 25)
        extend(log, more[len(facts) :])
        facts = more


def test_nothing_of_a_rebuild_is_left_behind(engine: Engine) -> None:
    log = log_of(two_days())
    Follower(engine, log).catch_up()
    rebuild(engine, log, READ_MODELS.ledger)
    with engine.connect() as connection:
        left = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                " AND relname LIKE 'rebuild%'"
            )
        ).all()
        models = connection.scalars(select(PROJECTIONS.c.model).order_by(PROJECTIONS.c.model)).all()
    assert left == []
    assert list(models) == sorted(NAMES)
