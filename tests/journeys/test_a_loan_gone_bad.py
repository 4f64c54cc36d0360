"""A joint loan goes bad, is restructured and cured; another one is written off and recovered."""

from __future__ import annotations

from typing import Any

from corebank.loan.v1 import standing_pb2

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import drawn, in_order, loan, on_sale, pass_days, signed, spent

ON_L1: dict[str, Any] = {"loan_id": "L-1"}
JOINT: dict[str, Any] = {"partner": {"partner_id": "P-1", "share_ppm": 300_000}}


def lent(desk: Desk, **fields: Any) -> None:
    """120,000.00 for a year, and the customer has spent it."""
    desk.open_day()
    on_sale(desk)
    signed(desk, **fields)
    drawn(desk)
    spent(desk, 12_100_000)


def test_a_joint_loan_gone_bad_is_restructured_and_cured(desk: Desk) -> None:
    lent(desk, **JOINT)
    pass_days(desk, "2026-04-02")
    nothing = desk.refused("CollectInstalment", "operator", **ON_L1)
    assert nothing.reason == "NOTHING_COLLECTED"
    pass_days(desk, "2026-07-10")
    bad = loan(desk)
    assert bad.status == standing_pb2.LOAN_STATUS_NON_ACCRUAL
    assert bad.past_due_since == "2026-04-02"
    kept_outside = in_order(desk)
    again: dict[str, Any] = {"instalments": 6, "first_due_date": "2026-08-10"}
    relief = {"debtor_in_difficulty": True, "capitalise": True}
    desk.do("RestructureLoan", "lender", **ON_L1, **again, **relief, annual_rate_ppm=40_000)
    anew = loan(desk)
    assert (anew.observed_since, anew.days_past_due) == ("2026-07-10", 0)
    desk.do("Deposit", **deposit(14_000_000))
    for month in range(8, 13):
        pass_days(desk, f"2026-{month:02}-10")
        desk.do("CollectInstalment", "operator", **ON_L1)
        assert loan(desk).days_past_due == 0
    pass_days(desk, "2027-01-10")
    desk.do("CollectInstalment", "operator", **ON_L1)
    cured = loan(desk)
    assert (cured.status, cured.payoff_minor) == (standing_pb2.LOAN_STATUS_SETTLED, 0)
    assert cured.partner_open_minor < 0
    desk.do("SettleWithPartner", "lender", partner_id="P-1", loan_ids=["L-1"])
    assert loan(desk).partner_open_minor == 0
    closing = in_order(desk)
    assert "130301" not in closing
    assert closing != kept_outside


def test_a_loan_is_written_off_and_some_of_it_comes_back(desk: Desk) -> None:
    lent(desk)
    pass_days(desk, "2026-09-28")
    early = desk.refused("WriteOffLoan", "lender", **ON_L1, approval="W-1")
    assert early.reason == "NOT_IN_WRITE_OFF_STANDING"
    pass_days(desk, "2026-09-30")
    desk.do("WriteOffLoan", "lender", **ON_L1, approval="W-1")
    gone = loan(desk)
    assert gone.status == standing_pb2.LOAN_STATUS_WRITTEN_OFF
    written_off = in_order(desk)
    assert not written_off.get("130301")
    pass_days(desk, "2026-10-20")
    owed = loan(desk).payoff_minor
    assert owed > gone.payoff_minor
    desk.do("RecordRecovery", "lender", **ON_L1, amount_minor=5_000_000, reference="court 12")
    assert loan(desk).payoff_minor == owed - 5_000_000
    desk.do("Deposit", **deposit(20_000_000))
    rest: dict[str, Any] = {**ON_L1, "account_id": "A-1"}
    over = desk.refused("RecordRecovery", "lender", **rest, amount_minor=owed - 5_000_000 + 1)
    assert over.reason == "PAYMENT_EXCEEDS_DEBT"
    desk.do("RecordRecovery", "lender", **rest, amount_minor=owed - 5_000_000)
    assert loan(desk).payoff_minor == 0
    in_order(desk)
    paid = desk.refused("RepayLoan", "lender", **ON_L1, amount_minor=1)
    assert paid.reason == "LOAN_IS_WRITTEN_OFF"
