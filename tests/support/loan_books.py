"""Words for tests about the books of loans: a state from dated forms, with the money they moved."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec

from kernel.common.legs import InternalAccount, Leg, internal
from kernel.loans.contract_events import Share
from kernel.loans.dated import (
    AnyLoanEvent,
    Chargeback,
    Disbursement,
    FullPrepayment,
    Recovery,
    Refund,
    Repayment,
    SubsidyClaimed,
)
from kernel.loans.product import stored_terms
from kernel.loans.state import Entry, LoanState, standing_of
from kernel.loans.terms import LoanTerms

LOAN = internal(InternalAccount.LOAN, "0755")


def state_of(
    terms: LoanTerms, events: Iterable[AnyLoanEvent], *, partner_ppm: int = 0
) -> LoanState:
    """A loan with an entry per event; money out is what a draw leaves after fees at its start."""
    state = LoanState(
        loan_id="L-1",
        contract_id="K-1",
        branch_id="0755",
        currency="CNY",
        posting_class="PERSONAL_LOAN",
        terms=stored_terms(terms),
        partner=Share(partner_id="P-1", share_ppm=partner_ppm) if partner_ppm else None,
        entries=tuple(Entry(n, event) for n, event in enumerate(events, 1)),
    )
    moved = tuple(
        msgspec.structs.replace(each, legs=_legs(cash_out(state, each.event)))
        for each in state.entries
    )
    return msgspec.structs.replace(state, entries=moved)


def cash_out(state: LoanState, event: AnyLoanEvent) -> int:
    """Money that the event moved, out of the bank positive."""
    match event:
        case Disbursement():
            return event.amount_minor - _withheld(state, event)
        case Chargeback() | Refund():
            return event.amount_minor
        case Repayment() | SubsidyClaimed() | Recovery() | FullPrepayment():
            return -(event.amount_minor or 0)
        case _:
            return 0


def _withheld(state: LoanState, event: Disbursement) -> int:
    """Fees and interest that are taken out of the draw: those of all draws less those before."""
    terms = state.loan_terms
    draws = [each.event for each in state.entries if isinstance(each.event, Disbursement)]
    draws.sort(key=lambda each: (each.value_date, each.sequence, each.event_id))
    place = draws.index(event)
    return _taken(terms, draws[: place + 1]) - _taken(terms, draws[:place])


def _taken(terms: LoanTerms, draws: list[Disbursement]) -> int:
    if not draws:
        return 0
    alone = LoanState(terms=stored_terms(terms), entries=tuple(Entry(0, each) for each in draws))
    found = standing_of(alone, draws[-1].value_date)
    first = [line for line in found.instalments if line.number == 0]
    financed = found.disbursed_minor - sum(each.amount_minor for each in draws)
    return sum(line.paid.fee_minor + line.paid.interest_minor for line in first) - financed


def _legs(minor: int) -> tuple[Leg, ...]:
    if not minor:
        return ()
    return (
        Leg(account=LOAN, amount_minor=minor, currency="CNY", purpose="LOAN_DRAWDOWN"),
        Leg(account="A-1", amount_minor=-minor, currency="CNY", purpose="LOAN_DRAWDOWN"),
    )


def drawn_at_start(terms: LoanTerms) -> Disbursement:
    """The whole principal, lent on the start date."""
    return Disbursement(
        value_date=terms.start_date, event_id="draw", amount_minor=terms.principal_minor
    )


def day_after(terms: LoanTerms, days: int) -> datetime.date:
    """A day of the loan's life."""
    return terms.start_date + datetime.timedelta(days)
