"""The decisions that change a loan's terms or claims without moving money.

Every one asks the fold whether it would change anything on its value date; what has no effect is
refused with the fold's own reason.

Units: whole minor units, rates in ppm a year; extensions in instalments.
Source: 贷款通则 art. 12 (length of extensions), 商业银行金融资产风险分类办法 (2023) arts 10 to 12
(debtors in difficulty are observed after relief).
"""

from __future__ import annotations

import datetime

from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.events import (
    ClaimWaived,
    DueDateMoved,
    LoanExtended,
    LoanFeeCharged,
    LoanInterestPaused,
    LoanRateSet,
    LoanRestructured,
    OnLoan,
)
from kernel.loans.policy import POLICY
from kernel.loans.product import LoanProduct
from kernel.loans.refusals import RateOutOfProduct
from kernel.loans.relief_commands import (
    ChargeLoanFee,
    ExtendLoan,
    MoveDueDate,
    PauseLoanInterest,
    RestructureLoan,
    SetLoanRate,
    WaiveClaim,
)
from kernel.loans.running_refusals import (
    DateNotAfter,
    ExtensionTooLong,
    LoanHasMatured,
)
from kernel.loans.shared_rules import (
    change_fields,
    require_effect,
    require_interest_not_taken_ahead,
    require_on_the_books_on,
    with_changes,
)
from kernel.loans.state import LoanState
from kernel.loans.terms import LoanTerms


def charge_fee(command: ChargeLoanFee, state: LoanState, at: Moment) -> OnLoan:
    """Ask for a fee with the current instalment."""
    require_on_the_books_on(state, at)
    fee = LoanFeeCharged(
        **change_fields(state), amount_minor=command.amount_minor, name=command.name
    )
    return with_changes(fee, state, at)


def waive(command: WaiveClaim, state: LoanState, at: Moment) -> OnLoan:
    """Forgive no more than is owed."""
    require_on_the_books_on(state, at)
    waived = ClaimWaived(
        **change_fields(state),
        what=command.what.value.lower(),  # type: ignore[arg-type]  # the stored word
        amount_minor=command.amount_minor,
        reason=command.reason,
    )
    require_effect(waived, state, at)
    return with_changes(waived, state, at)


def set_rate(command: SetLoanRate, state: LoanState, product: LoanProduct, at: Moment) -> OnLoan:
    """A rate within the product; relief may go below it, nothing above."""
    require_on_the_books_on(state, at)
    require_interest_not_taken_ahead(state)
    rate, least = command.annual_rate_ppm, 0 if command.is_relief else product.rate_min_ppm
    if not least <= rate <= product.rate_max_ppm:
        raise RateOutOfProduct(asked_ppm=rate, min_ppm=least, max_ppm=product.rate_max_ppm)
    changed = LoanRateSet(
        **change_fields(state),
        annual_rate_ppm=rate,
        applies=command.applies.value.lower(),  # type: ignore[arg-type]  # the stored word
        is_relief=command.is_relief,
        reason=command.reason,
    )
    require_effect(changed, state, at)
    return with_changes(changed, state, at)


def pause_interest(command: PauseLoanInterest, state: LoanState, at: Moment) -> OnLoan:
    """No interest on some days from the value date on."""
    require_on_the_books_on(state, at)
    _require_after("until", command.until, at.value_date - datetime.timedelta(days=1))
    paused = LoanInterestPaused(**change_fields(state), until=command.until, reason=command.reason)
    return with_changes(paused, state, at)


def move_due_date(command: MoveDueDate, state: LoanState, at: Moment) -> OnLoan:
    """Another day for the next instalment."""
    require_on_the_books_on(state, at)
    require_interest_not_taken_ahead(state)
    _require_after("next_due_date", command.next_due_date, at.value_date)
    moved = DueDateMoved(**change_fields(state), next_due_date=command.next_due_date)
    require_effect(moved, state, at)
    return with_changes(moved, state, at)


def extend(command: ExtendLoan, state: LoanState, at: Moment) -> OnLoan:
    """More instalments, before the last falls due, within what the rules allow in all."""
    found = require_on_the_books_on(state, at)
    require_interest_not_taken_ahead(state)
    matures = max(line.due_date for line in found.instalments)
    if at.value_date >= matures:
        raise LoanHasMatured(loan_id=state.loan_id, matured_on=str(matures))
    before = sum(
        each.event.instalments for each in state.counted if isinstance(each.event, dated.Extension)
    )
    most = extension_max(state.loan_terms, at.booking_date)
    if before + command.instalments > most:
        raise ExtensionTooLong(
            loan_id=state.loan_id,
            agreed=state.loan_terms.instalments,
            most=most,
            before=before,
            asked=command.instalments,
        )
    extended = LoanExtended(
        **change_fields(state),
        instalments=command.instalments,
        debtor_in_difficulty=command.debtor_in_difficulty,
    )
    require_effect(extended, state, at)
    return with_changes(extended, state, at)


def extension_max(terms: LoanTerms, on: datetime.date) -> int:
    """How many instalments may be added in all: the term once, half of it, or three years.

    The agreed term is counted in the rhythm of the loan; a loan in days or weeks is measured by
    years of 365 days.
    """
    every, agreed = terms.every, terms.instalments
    days = every.weeks * 7 + every.days
    # one instalment in twelfths of a year, as a fraction
    part, whole = (every.months, 1) if every.months else (days * 12, 365)
    if agreed * part <= POLICY.value("term.short.max_months", on) * whole:
        return agreed * POLICY.value("extension.short.max_percent", on) // 100
    if agreed * part <= POLICY.value("term.medium.max_months", on) * whole:
        return agreed * POLICY.value("extension.medium.max_percent", on) // 100
    return POLICY.value("extension.long.max_months", on) * whole // part


def restructure(
    command: RestructureLoan, state: LoanState, product: LoanProduct, at: Moment
) -> OnLoan:
    """All principal is scheduled anew; for a debtor in difficulty the observation begins."""
    require_on_the_books_on(state, at)
    _require_after("first_due_date", command.first_due_date, at.value_date)
    rate = command.annual_rate_ppm
    if rate is not None and rate > product.rate_max_ppm:
        raise RateOutOfProduct(asked_ppm=rate, min_ppm=0, max_ppm=product.rate_max_ppm)
    method = command.method
    changed = LoanRestructured(
        **change_fields(state),
        instalments=command.instalments,
        first_due_date=command.first_due_date,
        annual_rate_ppm=rate,
        # the stored word
        method=None if method is None else method.value.lower(),  # type: ignore[arg-type]
        capitalise=command.capitalise,
        debtor_in_difficulty=command.debtor_in_difficulty,
    )
    return with_changes(changed, state, at)


def _require_after(field: str, day: datetime.date, value_date: datetime.date) -> None:
    if day <= value_date:
        raise DateNotAfter(field=field, on=str(day), value_date=str(value_date))
