"""A repayment is dated back across a closed day, and across a closed year."""

from __future__ import annotations

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import (
    drawn,
    in_order,
    line_of_credit,
    loan,
    on_sale,
    pass_days,
    repaid,
    sealed,
    signed,
    spent,
    trial_balance,
)


def test_a_closed_day_stays_as_it_was(desk: Desk) -> None:
    desk.open_day()
    on_sale(desk, "line", revolving=True, needs_limit=True)
    line_of_credit(desk, "SHOP", 20_000_000)
    signed(desk, product_id="line", limit_id="SHOP")
    drawn(desk)
    spent(desk, 12_100_000)
    pass_days(desk, "2026-04-12")
    digest = sealed(desk, "2026-04-12")
    closed = trial_balance(desk, "2026-04-12")
    before, late = trial_balance(desk), loan(desk)
    assert late.days_past_due == 11
    due = late.due.principal_minor + late.due.interest_minor + late.due.penalty_minor
    on_time = loan(desk, as_of="2026-04-02").due
    desk.do("Deposit", **deposit(2_000_000))
    paid = repaid(desk, on_time.principal_minor + on_time.interest_minor, value_date="2026-04-02")
    assert loan(desk).days_past_due == 0
    assert due > on_time.principal_minor + on_time.interest_minor
    assert trial_balance(desk, "2026-04-12") == closed
    after = trial_balance(desk)
    assert after["130301"] - before["130301"] == -on_time.principal_minor
    assert after["601101"] > before["601101"], "penalty that was never owed is taken back"
    contract = desk.ask("GetContract", "lender", contract_id="K-1", at={"min_position": paid})
    assert contract.outstanding_minor == 12_000_000 - on_time.principal_minor
    assert sealed(desk, "2026-04-12") == digest
    in_order(desk)


def test_a_closed_year_stays_as_it_was(desk: Desk) -> None:
    desk.open_day("2026-11-20")
    on_sale(desk)
    signed(desk)
    drawn(desk)
    spent(desk, 12_100_000)
    pass_days(desk, "2026-12-30")
    for day in ("2026-12-30", "2026-12-31"):
        sealed(desk, day)
    year = trial_balance(desk, "2026-12-31")
    pass_days(desk, "2027-01-05")
    before = trial_balance(desk)
    on_time = loan(desk, as_of="2026-12-20").due
    desk.do("Deposit", **deposit(2_000_000))
    repaid(desk, on_time.principal_minor + on_time.interest_minor, value_date="2026-12-20")
    assert trial_balance(desk, "2026-12-31") == year
    after = trial_balance(desk)
    assert after["6901"] > 0, "penalty of last year is taken back from the prior year's result"
    assert after["601101"] - before["601101"] > 0, "and that of this year from this year's"
    in_order(desk)
