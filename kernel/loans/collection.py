"""Collecting what is due, and repricing: what the close of a day asks of each loan.

Units: whole minor units, rates in ppm a year.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.events import LoanRateSet, Repaid
from kernel.loans.money_commands import CollectInstalment
from kernel.loans.product import LoanProduct
from kernel.loans.relief_commands import RepriceLoan
from kernel.loans.repricing import Published, repricings
from kernel.loans.running_refusals import (
    AlreadyRepriced,
    CollectionOver,
    NoIndexRate,
    NotARepricingDay,
    NotFloating,
    NothingCollected,
    NothingDue,
)
from kernel.loans.shared_rules import (
    change_fields,
    money_fields,
    require_interest_not_taken_ahead,
    require_loan,
    require_on_the_books,
    require_on_the_books_on,
    require_since_start,
    with_changes,
)
from kernel.loans.state import LoanState, noted_of


def collect(
    command: CollectInstalment,
    state: LoanState,
    product: LoanProduct,
    available_minor: int,
    at: Moment,
) -> Repaid:
    """Take what was due on the value date and still is, at most what the agreed account has.

    Refused NOTHING_DUE, NOTHING_COLLECTED (a miss, to be tried again), COLLECTION_OVER after
    ``debit_retry_days`` from the last due day that still owes.
    """
    require_loan(state, state.loan_id)
    require_since_start(state, at.value_date)
    found = noted_of(state, at.value_date)
    require_on_the_books(found, state)
    due, last = found.due.total_minor, found.last_owing_on
    if at.booking_date > at.value_date:
        due = min(due, noted_of(state, at.booking_date).due.total_minor)
    if due <= 0 or last is None:
        raise NothingDue(loan_id=state.loan_id, on=str(at.value_date))
    until = last + datetime.timedelta(days=product.debit_retry_days)
    if at.value_date > until:
        raise CollectionOver(loan_id=state.loan_id, due_on=str(last), tried_until=str(until))
    amount = min(due, available_minor)
    if amount <= 0:
        raise NothingCollected(
            loan_id=state.loan_id,
            due_minor=due,
            account_id=state.debit_account_id,
            available_minor=max(0, available_minor),
        )
    collected = Repaid(**money_fields(state, state.debit_account_id, amount), mode="auto")
    return with_changes(collected, state, at)


def spread_ppm(
    annual_rate_ppm: int, index_id: str, publications: Sequence[Published], on: datetime.date
) -> int:
    """The spread that makes the agreed rate out of the index as last published before the day."""
    before = [each for each in publications if each.published_on < on]
    if not before:
        raise NoIndexRate(index_id=index_id, on=str(on))
    return annual_rate_ppm - max(before, key=lambda each: each.published_on).rate_ppm


def reprice(
    command: RepriceLoan,
    state: LoanState,
    product: LoanProduct,
    publications: Sequence[Published],
    at: Moment,
) -> LoanRateSet:
    """The rate of a repricing day: the index as last published before it, and the fixed spread."""
    require_loan(state, command.loan_id)
    if not state.index_id:
        raise NotFloating(loan_id=state.loan_id)
    require_on_the_books_on(state, at)
    require_interest_not_taken_ahead(state)
    days = repricings(
        publications,
        product.cycle,
        start=state.loan_terms.start_date,
        until=at.value_date,
        spread_ppm=state.spread_ppm,
    )
    if not days or days[-1].value_date != at.value_date:
        raise NotARepricingDay(loan_id=state.loan_id, on=str(at.value_date))
    for each in state.counted:
        event = each.event
        if (
            isinstance(event, dated.RateSet)
            and event.index_rate_ppm is not None
            and event.value_date == at.value_date
        ):
            raise AlreadyRepriced(
                loan_id=state.loan_id, on=str(at.value_date), position=each.position
            )
    repriced = LoanRateSet(
        **change_fields(state),
        index_rate_ppm=days[-1].index_rate_ppm,
        spread_ppm=state.spread_ppm,
        reason=f"index {state.index_id}",
    )
    return with_changes(repriced, state, at)
