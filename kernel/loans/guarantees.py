"""Compensation by a guarantor (代偿): what is overdue is paid by who answers for it.

Units: whole minor units.
Source: Civil Code arts 688 and 691 (a guarantor answers for principal, interest, penalty and costs,
as far as agreed), 690 (up to a maximum), 700 (a guarantor who paid has the claim on the debtor).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from kernel.common.moment import Moment
from kernel.loans.contract_rules import require_guarantor
from kernel.loans.contract_state import ContractState
from kernel.loans.dated import Repayment
from kernel.loans.events import LoanCompensated
from kernel.loans.money_commands import CompensateLoan
from kernel.loans.result import Noted
from kernel.loans.running_refusals import MoreThanGuaranteed, MoreThanOverdue
from kernel.loans.shared_rules import money_fields, require_on_the_books_on, with_changes
from kernel.loans.standing import Standing
from kernel.loans.state import LoanState, noted_of


def compensate(
    command: CompensateLoan,
    state: LoanState,
    contract: ContractState,
    loans: Iterable[LoanState],
    at: Moment,
) -> LoanCompensated:
    """Take what a guarantor pays of a loan in arrears; ``loans`` are all of the contract."""
    guarantor_id = command.guarantor_id
    owed: list[Standing | Noted] = [require_on_the_books_on(state, at)]
    require_guarantor(contract, state.contract_id, guarantor_id)
    if at.booking_date > at.value_date:
        owed.append(noted_of(state, at.booking_date))
    due = min(each.due.total_minor if each.days_past_due else 0 for each in owed)
    if command.amount_minor > due:
        raise MoreThanOverdue(
            loan_id=state.loan_id, asked_minor=command.amount_minor, due_minor=due
        )
    most = guarantors(contract)[guarantor_id]
    before = sum(claims(each).get(guarantor_id, 0) for each in loans)
    if most is not None and before + command.amount_minor > most:
        raise MoreThanGuaranteed(
            contract_id=state.contract_id,
            guarantor_id=guarantor_id,
            asked_minor=command.amount_minor,
            available_minor=max(0, most - before),
        )
    compensated = LoanCompensated(
        **money_fields(state, command.account_id, command.amount_minor), guarantor_id=guarantor_id
    )
    return with_changes(compensated, state, at)


def guarantors(contract: ContractState) -> dict[str, int | None]:
    """Who guarantees the contract, and the most that each answers for; None: the whole debt."""
    application = contract.application
    most = {one.guarantor_id: one.max_minor for one in contract.guarantees}
    return {one: most.get(one) for one in (application.guarantor_ids if application else ())}


def claims(state: LoanState, until: datetime.date = datetime.date.max) -> dict[str, int]:
    """What each guarantor paid on the loan until a day, and may claim from its debtor."""
    paid: dict[str, int] = {}
    for each in state.counted:
        event = each.event
        if isinstance(event, Repayment) and event.guarantor_id and event.value_date <= until:
            paid[event.guarantor_id] = paid.get(event.guarantor_id, 0) + event.amount_minor
    return paid
