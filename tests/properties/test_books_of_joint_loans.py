"""Properties of the books of joint loans: the bank shows its part, in any order of arrival."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from kernel.application.requests import Accepted
from kernel.bookkeeping.loan_amounts import books_of
from kernel.bookkeeping.loan_subjects import PRINCIPAL, AmountType
from kernel.common.facts import Fact
from kernel.eventstore.memory import MemoryLog
from kernel.loans.colending import partner_part_minor, partner_position_minor
from kernel.loans.state import standing_of
from kernel.projections import checks
from kernel.projections.follower import Follower
from kernel.projections.models import READ_MODELS
from kernel.projections.positions import alarms
from kernel.projections.queries import ledger
from kernel.projections.queries.reading import Reader
from tests.properties.test_loan_books import some_state
from tests.support.bank import running_bank
from tests.support.lending import contract, drawn, pass_days, publish
from tests.support.loan_books import day_after

CLAIMS = (
    *PRINCIPAL,
    AmountType.ACCRUED_INTEREST,
    AmountType.RECEIVABLE_INTEREST,
    AmountType.PENALTY,
    AmountType.COMPOUND,
)


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10**9), share_ppm=st.integers(300_000, 999_999), after=st.integers(0, 1200)
)
def test_the_bank_and_its_partner_share_every_claim(seed: int, share_ppm: int, after: int) -> None:
    state = some_state(random.Random(seed), partner_ppm=share_ppm)
    day = day_after(state.loan_terms, after)
    found = standing_of(state, day)
    mine = books_of(state, day).amounts
    whole = books_of(some_state(random.Random(seed), partner_ppm=0), day).amounts
    assert mine.get(AmountType.PARTNER, 0) == partner_position_minor(found, state.partner)
    for kind in CLAIMS:
        part = whole.get(kind, 0) - mine.get(kind, 0)
        assert abs(part - partner_part_minor(whole.get(kind, 0), share_ppm)) <= 1
    back = found.recognised.principal_received_minor
    owed = sum(whole.get(kind, 0) for kind in PRINCIPAL)
    parts = partner_part_minor(owed + back, share_ppm) - partner_part_minor(back, share_ppm)
    assert sum(mine.get(kind, 0) for kind in PRINCIPAL) == owed - parts
    off = found.recognised.off_balance.principal_minor
    beside = parts + partner_part_minor(off, share_ppm)
    assert mine.get(AmountType.PARTNER_PRINCIPAL, 0) == beside
    assert mine.get(AmountType.FEE_INCOME, 0) == whole.get(AmountType.FEE_INCOME, 0)


# -- through the engine, on a real database


Asked = tuple[str, dict[str, Any]]
LOANS = st.sampled_from(["L-1", "L-2"])
DAYS = st.integers(2, 20).map(lambda day: f"2026-03-{day:02}")


def asked(method: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Asked]:
    """A command on one of the loans with a value date."""
    about = {"loan_id": LOANS, "value_date": DAYS, **fields}
    return st.fixed_dictionaries(about).map(lambda one: (method, one))


THINGS = st.one_of(
    asked(
        "ReceiveLoanPayment",
        amount_minor=st.integers(1, 9_000_000),
        mode=st.sampled_from(["ON_REQUEST", "IN_ADVANCE"]),
        reference=st.just("wire"),
    ),
    asked("ChargeLoanFee", amount_minor=st.integers(1, 50_000), name=st.just("letter")),
    asked("SetLoanRate", annual_rate_ppm=st.integers(0, 180_000), reason=st.just("agreed")),
    asked("TakeForeclosedAsset", fair_value_minor=st.integers(1, 9_000_000),
          asset=st.just("A van"), approval=st.just("FC-1")),
    asked("WaiveClaim", what=st.sampled_from(["FEE", "INTEREST"]), reason=st.just("goodwill")),
)  # fmt: skip


def happened(things: list[Asked], order: list[int], undone: list[int]) -> MemoryLog | None:
    """A log in which these things arrived in the order, some then taken back; None if refused.

    Half of them arrive on 20 March, half on the 25th; the partner is settled between and after.
    """
    log = MemoryLog()
    with running_bank(log) as bank:
        bank.open_day()
        publish(bank)
        settle: dict[str, Any] = {"partner_id": "P-1", "loan_ids": ["L-1", "L-2"]}
        contract(bank, amount_minor=30_000_000, partner={"partner_id": "P-1", "share_ppm": 333_333})
        drawn(bank, 10_000_001, "L-1")
        drawn(bank, 9_999_999, "L-2")
        positions = dict[int, int]()
        middle = len(order) // 2
        for until, part in (("2026-03-20", order[:middle]), ("2026-03-25", order[middle:])):
            pass_days(bank, until)
            for place in part:
                method, fields = things[place]
                outcome = bank.ask(method, f"event-{place}", **fields)
                if not isinstance(outcome, Accepted):
                    return None
                positions[place] = outcome.facts[0].position
            bank.ask("SettleWithPartner", **settle)
        for place in undone:
            undo = {"loan_id": things[place][1]["loan_id"], "position": positions[place]}
            if not isinstance(bank.ask("ReverseLoanEntry", **undo, reason="undone"), Accepted):
                return None
        pass_days(bank, "2026-04-10")
        bank.ask("SettleWithPartner", **settle)
        pass_days(bank, "2026-04-11")
    return log


def closing(engine: Engine, log: MemoryLog, size: int) -> list[tuple[str, int]]:
    """The trial balance at the end, from tables projected anew; every check is clean."""
    tables = [table.name for model in READ_MODELS.all for table in model.tables]
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(tables)}, projections, alarms"))
    Follower(engine, log, batch_size=size).catch_up()
    facts: list[Fact] = log.read(0, 10_000)
    models, last = READ_MODELS, facts[-1].booking_date
    with engine.connect() as connection:
        audit = checks.audit(connection, models.balances, models.statements, models.ledger, last)
        assert audit == []
        assert alarms(connection) == []
    rows = ledger.trial_balance(Reader(engine), last).rows
    return [(row.subject, row.closing_minor) for row in rows if row.closing_minor]


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    things=st.lists(THINGS, min_size=2, max_size=5),
    undone=st.sets(st.integers(0, 1), max_size=1).map(list),
    shuffle=st.randoms(use_true_random=False),
)
def test_any_order_of_arrival_gives_the_same_trial_balance(
    engine: Engine, things: list[Asked], undone: list[int], shuffle: random.Random
) -> None:
    order = list(range(len(things)))
    shuffle.shuffle(order)
    one = happened(things, list(range(len(things))), undone)
    other = happened(things, order, undone)
    assume(one is not None and other is not None)
    assert one is not None
    assert other is not None
    assert closing(engine, one, 50) == closing(engine, other, 7)
