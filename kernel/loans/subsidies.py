"""Interest subsidy (财政贴息): a fiscal office pays interest that the debtor would owe.

The bank claims interest that fell due from the office; the debtor owes it no more from then on. The
office pays later. What was claimed and not paid stands as the bank's claim on the office, loan by
loan.

Units: whole minor units.
Source: 财金〔2023〕75号 (普惠金融发展专项资金管理办法), start-up loans: the office pays
the subsidised interest to the bank that lends.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from kernel.common.legs import InternalAccount, internal
from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.events import InterestSubsidyClaimed, InterestSubsidySettled
from kernel.loans.money_commands import ClaimInterestSubsidy, SettleInterestSubsidy
from kernel.loans.running_refusals import (
    MoreThanClaimed,
    MoreThanInterestDue,
    SubsidyIsSettled,
)
from kernel.loans.shared_rules import (
    money_fields,
    require_loan,
    require_on_the_books_on,
    require_since_start,
    with_changes,
)
from kernel.loans.state import LoanState, noted_of


def claim(command: ClaimInterestSubsidy, state: LoanState, at: Moment) -> InterestSubsidyClaimed:
    """Claim interest that was due on the value date and still is."""
    due = require_on_the_books_on(state, at).due.interest_minor
    if at.booking_date > at.value_date:
        due = min(due, noted_of(state, at.booking_date).due.interest_minor)
    if command.amount_minor > due:
        raise MoreThanInterestDue(
            loan_id=state.loan_id, asked_minor=command.amount_minor, due_minor=due
        )
    claims = internal(InternalAccount.SUBSIDY, state.branch_id)
    claimed = InterestSubsidyClaimed(
        **money_fields(state, claims, command.amount_minor),
        office=command.office,
        programme=command.programme,
    )
    return with_changes(claimed, state, at)


def settle(command: SettleInterestSubsidy, state: LoanState, at: Moment) -> InterestSubsidySettled:
    """Book what the office paid, never more than was claimed by then and is open."""
    require_loan(state, command.loan_id)
    require_since_start(state, at.value_date)
    left = min(open_minor(state, at.value_date), open_minor(state))
    if command.amount_minor > left:
        raise MoreThanClaimed(
            loan_id=state.loan_id, asked_minor=command.amount_minor, available_minor=left
        )
    source = command.account_id or internal(InternalAccount.CLEARING, state.branch_id)
    settled = InterestSubsidySettled(
        **money_fields(state, source, command.amount_minor), reference=command.reference
    )
    return with_changes(settled, state, at)


def open_minor(state: LoanState, until: datetime.date = datetime.date.max) -> int:
    """What was claimed until a day and is not paid."""
    claimed, settled = _sums(each.event for each in state.counted if each.event.value_date <= until)
    return claimed - settled


def require_settlement_covered(state: LoanState, reversal: dated.AnyLoanEvent) -> None:
    """With the reversal, too, what was paid was claimed: a settlement goes before its claim."""
    events = (*(each.event for each in state.entries), reversal)
    claimed, settled = _sums(dated.in_order(events))
    if settled > claimed:
        raise SubsidyIsSettled(loan_id=state.loan_id, settled_minor=settled, claimed_minor=claimed)


def _sums(events: Iterable[dated.LoanEvent]) -> tuple[int, int]:
    """What was claimed and what was settled in all."""
    claimed = settled = 0
    for event in events:
        if isinstance(event, dated.SubsidyClaimed):
            claimed += event.amount_minor
        elif isinstance(event, dated.SubsidySettled):
            settled += event.amount_minor
    return claimed, settled
