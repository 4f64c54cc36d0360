"""What must hold of every loan on the ledger, after every step of any history."""

from __future__ import annotations

import datetime

from kernel.common.legs import are_balanced
from kernel.loans.event_bases import is_the_loans_own
from kernel.loans.state import LoanState, loan_invariants, standing_of


def check_loan(state: LoanState, today: datetime.date) -> None:
    """Raise AssertionError where figures and money of a loan do not agree.

    Money: what went out to the world and did not come back is what the standing says was lent,
    less all that was received and what is unapplied. Holds for loans without fees of the start.
    """
    loan_invariants(state)
    found = standing_of(state, today)
    seen = found.recognised
    received = (
        seen.principal_received_minor + seen.interest_received_minor
        + seen.penalty_received_minor + seen.compound_received_minor + seen.fee_received_minor
    )  # fmt: skip
    out = -sum(
        leg.amount_minor for each in state.entries for leg in each.legs if not is_the_loans_own(leg)
    )
    assert out == seen.disbursed_minor - received - found.unapplied_minor, (
        f"money: {out} went out of {state.loan_id}, {found}"
    )
    for each in state.entries:
        assert are_balanced(each.legs), f"legs at {each.position} do not balance"
    late = found.days_past_due or any(each.ended is None for each in found.spells)
    assert not late or found.due.total_minor, f"late, and nothing is due: {found}"
    own = found.normal_minor + found.due.total_minor + found.accrued_interest_minor
    claims = seen.on_balance.total_minor + seen.off_balance.total_minor
    assert claims >= own, f"claims: {claims} of {own} are recognised"
