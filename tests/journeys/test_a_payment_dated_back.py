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


def principal(closing: dict[str, int]) -> int:
    """Loans on the books, due or not."""
    return sum(closing.get(subject, 0) for subject in ("130301", "130302", "130303"))


def penalties(closing: dict[str, int]) -> int:
    """Income of penalty and compound interest."""
    return closing.get("601102", 0) + closing.get("601103", 0)


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
    before, late, on_time = trial_balance(desk), loan(desk), loan(desk, as_of="2026-04-02").due
    assert late.days_past_due == 11
    assert penalties(before) < 0
    desk.do("Deposit", **deposit(2_000_000))
    paid = repaid(desk, on_time.principal_minor + on_time.interest_minor, value_date="2026-04-02")
    assert loan(desk).days_past_due == 0
    assert trial_balance(desk, "2026-04-12") == closed
    after = trial_balance(desk)
    assert principal(after) - principal(before) == -on_time.principal_minor
    assert penalties(after) == 0, "what was never owed is taken back on the open day"
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
    of_2026 = loan(desk, as_of="2026-12-31").due
    pass_days(desk, "2027-01-05")
    on_time = loan(desk, as_of="2026-12-20").due
    desk.do("Deposit", **deposit(2_000_000))
    repaid(desk, on_time.principal_minor + on_time.interest_minor, value_date="2026-12-20")
    assert trial_balance(desk, "2026-12-31") == year
    after, never_owed = in_order(desk), of_2026.penalty_minor + of_2026.compound_minor
    assert after["6901"] == never_owed > 0, "taken back from the result of the year before"
    assert penalties(after) == penalties(year) == -never_owed, "and nothing is left of this year's"
