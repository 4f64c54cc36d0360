"""What the decisions on loans have in common: what must hold, and figures found by difference.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from typing import Any, TypeVar

import msgspec

from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.colending import partner_position_minor
from kernel.loans.dated import AnyLoanEvent
from kernel.loans.events import OnLoan, Stamp
from kernel.loans.refusals import BeforeTheLoan, LoanIsWrittenOff, LoanNotFound
from kernel.loans.result import Noted
from kernel.loans.running_refusals import HasNoEffect, InterestTakenAhead, RefundedBefore
from kernel.loans.standing import Standing, Status
from kernel.loans.state import LoanState, entry_id, noted_of, owed_principal_minor, standing_of
from kernel.loans.terms import Method

E = TypeVar("E", bound=OnLoan)


def require_loan(state: LoanState, loan_id: str) -> None:
    """The loan exists."""
    if not state.exists:
        raise LoanNotFound(loan_id=loan_id)


def require_since_start(state: LoanState, on: datetime.date) -> None:
    """Nothing happens to a loan before it began."""
    start = state.loan_terms.start_date
    if on < start:
        raise BeforeTheLoan(loan_id=state.loan_id, on=str(on), start=str(start))


def require_on_the_books(found: Standing | Noted, state: LoanState) -> None:
    """The loan was not written off."""
    if found.status is Status.WRITTEN_OFF:
        raise LoanIsWrittenOff(loan_id=state.loan_id)


def require_on_the_books_on(state: LoanState, at: Moment) -> Standing:
    """How the loan stands on the value date, on the books; refused otherwise."""
    require_loan(state, state.loan_id)
    require_since_start(state, at.value_date)
    found = standing_of(state, at.value_date)
    require_on_the_books(found, state)
    return found


def require_interest_not_taken_ahead(state: LoanState) -> None:
    """Rate and term of a discounted loan stay: what was paid for them left the draw."""
    if state.loan_terms.method is Method.DISCOUNTED:
        raise InterestTakenAhead(loan_id=state.loan_id)


def stamp_of(at: Moment) -> Stamp:
    """The stamp that the event of this decision will have."""
    return Stamp(
        value_date=at.value_date,
        event_id=entry_id(at.principal, at.command_id),
        position=at.position,
    )


def with_changes(event: E, state: LoanState, at: Moment) -> E:
    """The event with what it changes of principal owed and of the partner's share.

    Both as far as earlier events did not say it: measured on the booking date, with the event
    among all others by value date. An event dated back changes what later ones did, and the
    difference is this event's.
    """
    dated_form = event.dated(stamp_of(at))
    also = () if dated_form is None else (dated_form,)
    day = max(at.booking_date, at.value_date)
    owed: Standing | Noted
    if state.partner is None:
        owed, position = noted_of(state, day, also=also), 0
    else:
        owed = standing_of(state, day, also=also)
        position = partner_position_minor(owed, state.partner)
    _require_refunds_covered(state, also, day)
    return msgspec.structs.replace(
        event,
        principal_change_minor=owed_principal_minor(owed) - state.outstanding_minor,
        partner_change_minor=position - state.partner_minor,
    )


def _require_refunds_covered(
    state: LoanState, also: tuple[AnyLoanEvent, ...], day: datetime.date
) -> None:
    """What was refunded before is still money that nothing asked for, also with the new event."""
    refunds = [each.event for each in state.counted if isinstance(each.event, dated.Refund)]
    if not refunds:
        return
    gone = {each.reverses for each in also if isinstance(each, dated.Reversal)}
    kept = {each.event_id: each.amount_minor for each in refunds if each.event_id not in gone}
    last = max(day, *(each.value_date for each in refunds))
    covered = -sum(
        line.amount_minor
        for line in standing_of(state, last, also=also).allocations
        if line.event_id in kept and line.purpose == "held"
    )
    if covered < sum(kept.values()):
        raise RefundedBefore(
            loan_id=state.loan_id,
            refunded_minor=sum(kept.values()),
            covered_minor=covered,
        )


def require_effect(event: OnLoan, state: LoanState, at: Moment) -> None:
    """The event changes something on its value date; the fold says why it would not.

    Of two events of one day that do the same the fold may take either first, so what counts is
    whether more of them than before would have no effect.
    """
    dated_form = event.dated(stamp_of(at))
    assert dated_form is not None, event
    before = _without_effect(standing_of(state, at.value_date))
    after = _without_effect(standing_of(state, at.value_date, also=(dated_form,)))
    if len(after) > len(before):
        raise HasNoEffect(loan_id=state.loan_id, on=str(at.value_date), why=after[-1])


def _without_effect(found: Standing) -> list[str]:
    return [line.note for line in found.allocations if line.purpose == "no_effect"]


def loan_fields(state: LoanState) -> dict[str, Any]:
    """The fields that every event of the loan has."""
    return {
        "contract_id": state.contract_id,
        "loan_id": state.loan_id,
        "limit_path": state.limit_path,
        "currency": state.currency,
    }


def change_fields(state: LoanState) -> dict[str, Any]:
    """The fields that every event has that changes terms or claims of the loan."""
    return {**loan_fields(state), "branch_id": state.branch_id}


def money_fields(state: LoanState, account_id: str, amount_minor: int) -> dict[str, Any]:
    """The fields that every event has that moves money of the loan."""
    return {
        **change_fields(state),
        "account_id": account_id,
        "amount_minor": amount_minor,
    }
