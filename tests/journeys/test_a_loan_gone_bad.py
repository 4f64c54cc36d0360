"""A joint loan goes bad, is restructured and cured; another one is written off and recovered."""

from __future__ import annotations

from typing import Any

from corebank.loan.v1 import standing_pb2

from tests.journeys.conftest import Desk, deposit
from tests.support.lender import drawn, in_order, loan, now, on_sale, pass_days, signed, spent

ON_L1: dict[str, Any] = {"loan_id": "L-1"}
NON_ACCRUAL = standing_pb2.LOAN_STATUS_NON_ACCRUAL
SETTLED = standing_pb2.LOAN_STATUS_SETTLED
WRITTEN_OFF = standing_pb2.LOAN_STATUS_WRITTEN_OFF
JOINT: dict[str, Any] = {"partner": {"partner_id": "P-1", "share_ppm": 300_000}}


def lent(desk: Desk, **fields: Any) -> None:
    """120,000.00 for a year, and the customer has spent it."""
    desk.open_day()
    on_sale(desk)
    signed(desk, **fields)
    drawn(desk)
    spent(desk, 12_100_000)


def grade(desk: Desk) -> str:
    """The class of L-1 on the business date."""
    at = now(desk)
    return str(desk.ask("GetGrade", "auditor", **ON_L1, at=at).grade)


def test_a_joint_loan_gone_bad_is_restructured_and_cured(desk: Desk) -> None:
    lent(desk, **JOINT)
    pass_days(desk, "2026-04-02")
    nothing = desk.refused("CollectInstalment", "operator", **ON_L1)
    assert nothing.reason == "NOTHING_COLLECTED"
    assert grade(desk) == "NORMAL"
    for day in ("2026-07-09", "2026-07-10"):
        pass_days(desk, day)
    bad = loan(desk)
    assert (bad.status, bad.past_due_since) == (NON_ACCRUAL, "2026-04-02")
    assert grade(desk) == "SUBSTANDARD"
    assert "130303" in in_order(desk), "impaired"
    again: dict[str, Any] = {"instalments": 18, "first_due_date": "2026-08-10"}
    relief: dict[str, Any] = {"debtor_in_difficulty": True, "capitalise": True}
    desk.do("RestructureLoan", "lender", **ON_L1, **again, **relief, annual_rate_ppm=40_000)
    anew = loan(desk)
    assert (anew.observed_since, anew.days_past_due) == ("2026-07-10", 0)
    desk.do("Deposit", **deposit(14_000_000))
    grades = []
    for month in range(8, 20):
        pass_days(desk, f"{2026 + (month - 1) // 12}-{(month - 1) % 12 + 1:02}-10")
        desk.do("CollectInstalment", "operator", **ON_L1)
        assert loan(desk).days_past_due == 0
        grades.append(grade(desk))
    observed = ["SUBSTANDARD"] * 5 + ["SPECIAL_MENTION"] * 7
    assert grades == observed, "cured after half a year, observed for a year from the first due day"
    pass_days(desk, "2027-08-10")
    desk.do("CollectInstalment", "operator", **ON_L1)
    assert grade(desk) == "NORMAL"
    desk.do("PayOffLoan", "lender", **ON_L1, amount_minor=loan(desk).payoff_minor)
    assert loan(desk).partner_open_minor < 0
    desk.do("SettleWithPartner", "lender", partner_id="P-1", loan_ids=["L-1"])
    cured = loan(desk)
    assert (cured.status, cured.payoff_minor, cured.partner_open_minor) == (SETTLED, 0, 0)
    assert not {"130301", "130302", "130303"} & set(in_order(desk))


def test_a_loan_is_written_off_and_some_of_it_comes_back(desk: Desk) -> None:
    lent(desk)
    pass_days(desk, "2026-09-28")
    early = desk.refused("WriteOffLoan", "lender", **ON_L1, approval="W-1")
    assert early.reason == "NOT_IN_WRITE_OFF_STANDING"
    pass_days(desk, "2026-09-30")
    desk.do("WriteOffLoan", "lender", **ON_L1, approval="W-1")
    gone = loan(desk)
    assert gone.status == WRITTEN_OFF
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
    assert paid.reason == "NOTHING_OWED"
