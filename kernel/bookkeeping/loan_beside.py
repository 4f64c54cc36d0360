"""What the books need to know of a loan beside how it stands: money moved, policies, allowance.

Units: whole minor units of the loan's currency. Sign: debit positive.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from kernel.bookkeeping.loan_fees import Margin, margin_of
from kernel.bookkeeping.loan_figures import Minor
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.common.policy import PolicyTable
from kernel.grading.unwinding import unwinds
from kernel.loans.dated import AnyLoanEvent, Disbursement, FullPrepayment, Import
from kernel.loans.event_bases import is_the_loans_own
from kernel.loans.events import Share
from kernel.loans.fold import standing
from kernel.loans.standing import Amounts
from kernel.loans.state import Entry, LoanState
from kernel.loans.terms import LoanTerms

_NOTHING = Amounts()


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What the books need to know of a loan beside its standing.

    ``cash_out_minor`` is the money that ever left for the borrower less what came in, the partner's
    part included; ``ahead_minor`` the part of it that is dated after the day. ``partner_minor`` is
    what events said of the partner's share so far (``LoanState``). ``taken_over`` came onto the
    books from another system. ``allowance_minor`` is the loss allowance as measured last, which
    unwinds while the loan is in non-accrual if ``is_unwinding``. What was taken at the
    start is earned by the effective rate of terms and draw, if ``earned_by`` names them.
    """

    cash_out_minor: Minor = 0
    ahead_minor: Minor = 0
    taken_over: Amounts = _NOTHING
    partner: Share | None = None
    partner_minor: int = 0
    allowance_minor: Minor = 0
    is_unwinding: bool = False
    earned_by: tuple[LoanTerms, Disbursement] | None = None
    vat_ppm: int = 0
    non_accrual_days: int = 90

    @property
    def partner_ppm(self) -> int:
        """The partner's share."""
        return 0 if self.partner is None else self.partner.share_ppm

    @property
    def margin(self) -> Margin | None:
        """What the effective rate has over the contract's; None for what is earned evenly."""
        return None if self.earned_by is None else margin_of(*self.earned_by)


def beside_of(
    state: LoanState,
    as_of: datetime.date,
    allowance_minor: int = 0,
    policy: PolicyTable = LOAN_POLICY,
) -> Beside:
    """What the books need to know beside the standing of that day."""
    counted = state.counted
    until = [each.event for each in counted if each.event.value_date <= as_of]
    ahead = [each for each in counted if each.event.value_date > as_of]
    imports = [event for event in until if isinstance(event, Import)]
    terms = state.loan_terms
    on = terms.start_date
    is_taxed = policy.value("vat.enabled", on)
    return Beside(
        cash_out_minor=sum(_cash_out(each) for each in counted),
        ahead_minor=sum(_cash_out(each) for each in ahead),
        taken_over=_taken_over(terms, imports[0]) if imports else _NOTHING,
        partner=state.partner,
        partner_minor=state.partner_minor,
        allowance_minor=allowance_minor,
        is_unwinding=unwinds(as_of),
        earned_by=_drawn(terms, until) if policy.value("fees.method", on) else None,
        vat_ppm=policy.value("vat.rate_ppm", on) if is_taxed else 0,
        non_accrual_days=terms.non_accrual_days,
    )


def _drawn(
    terms: LoanTerms, until: Sequence[AnyLoanEvent]
) -> tuple[LoanTerms, Disbursement] | None:
    """Terms and draw of a loan with one draw."""
    draws = [event for event in until if isinstance(event, Disbursement)]
    return (terms, draws[0]) if len(draws) == 1 else None


def _cash_out(entry: Entry) -> int:
    """Money that the entry took out of the loan for others than the partner, out positive.

    A loan that is paid out of another has no leg outside: the money is what the event says.
    """
    outside = [leg.amount_minor for leg in entry.legs if not is_the_loans_own(leg)]
    if outside or not entry.with_loans:
        return -sum(outside)
    if isinstance(entry.event, Disbursement):
        return entry.event.amount_minor
    paid = entry.event.amount_minor if isinstance(entry.event, FullPrepayment) else 0
    return -(paid or 0)


@lru_cache(maxsize=10_000)
def _taken_over(terms: LoanTerms, event: Import) -> Amounts:
    """What the import brought onto the books; interest of a loan in non-accrual is outside them."""
    found = standing(terms, (event,), event.value_date, by_events_alone=True)
    return found.recognised.on_balance
