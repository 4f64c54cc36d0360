"""The decisions on a loan that is lent: draw, repay, pay off, reverse.

Units: whole minor units. Whether accounts, limits and pledges allow it is asked of their own rules
by the use case. Source: Civil Code arts 667 to 677; 银监会令2010年第2号 (payment of loan money).
"""

from __future__ import annotations

import datetime
from typing import Any, TypeVar

import msgspec

from kernel.common.legs import Leg
from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.commands import DrawLoan, PayOffLoan, PrepayBy, RepayLoan, ReverseLoanEntry
from kernel.loans.event_bases import REVERSAL
from kernel.loans.events import Drawn, LoanEntryReversed, OnLoan, PaidOff, Repaid, Stamp
from kernel.loans.product import LoanProduct, stored_terms
from kernel.loans.refusals import (
    BeforeTheLoan,
    EntryAlreadyReversed,
    EntryNotFound,
    LoanExists,
    LoanIsWrittenOff,
    LoanNotFound,
    MoreThanApproved,
    MustBeEntrusted,
    NothingOwed,
    PaymentExceedsDebt,
    QuoteOutdated,
)
from kernel.loans.standing import Standing, Status
from kernel.loans.state import (
    ContractState,
    LoanState,
    entry_id,
    owed_principal_minor,
    standing_of,
)
from kernel.loans.terms import LoanTerms, Method

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


def require_on_the_books(found: Standing, state: LoanState) -> None:
    """The loan was not written off."""
    if found.status is Status.WRITTEN_OFF:
        raise LoanIsWrittenOff(loan_id=state.loan_id)


def draw(
    command: DrawLoan,
    contract: ContractState,
    state: LoanState,
    product: LoanProduct,
    at: Moment,
) -> Drawn:
    """Lend money under a signed contract: a new loan, or more of one that takes several draws."""
    application = contract.application
    assert application is not None, command.contract_id
    _require_room(command, contract, product)
    _require_payment_route(command, product)
    terms: dict[str, Any] = {}
    if state.exists:
        _require_further_draws(command, state)
    else:
        terms = stored_terms(_terms_of_draw(command, contract, product, at))
    drawn = Drawn(
        contract_id=command.contract_id,
        loan_id=command.loan_id,
        limit_path=contract.limit_path,
        currency=product.currency,
        account_id=command.payee_account_id or application.account_id,
        branch_id=application.branch_id,
        amount_minor=command.amount_minor,
        customer_ids=(application.customer_id, *application.co_borrower_ids),
        debit_account_id=application.account_id,
        product_id=application.product_id,
        product_version=application.product_version,
        terms=terms,
        posting_class="PERSONAL_LOAN" if product.is_retail else "CORPORATE_LOAN",
        entrusted=command.payee_account_id is not None,
        partner=contract.partner,
    )
    return msgspec.structs.replace(
        drawn, principal_change_minor=drawn.amount_minor + drawn.withheld_minor
    )


def _require_room(command: DrawLoan, contract: ContractState, product: LoanProduct) -> None:
    """No more is lent than was approved; what is repaid counts only when the credit revolves."""
    used = contract.outstanding_minor if product.revolving else contract.drawn_minor
    left = contract.amount_minor - used
    if command.amount_minor > left:
        raise MoreThanApproved(
            contract_id=command.contract_id,
            asked_minor=command.amount_minor,
            available_minor=max(left, 0),
        )


def _require_payment_route(command: DrawLoan, product: LoanProduct) -> None:
    limit = product.entrusted_above_minor
    if limit is not None and command.payee_account_id is None and command.amount_minor > limit:
        raise MustBeEntrusted(asked_minor=command.amount_minor, max_minor=limit)


def _require_further_draws(command: DrawLoan, state: LoanState) -> None:
    """A loan takes several draws when it revolves, or until its agreed principal is paid out."""
    terms = state.loan_terms
    drawn = sum(
        each.event.amount_minor
        for each in state.entries
        if isinstance(each.event, dated.Disbursement)
    )
    in_parts = drawn + command.amount_minor <= terms.principal_minor
    if command.contract_id != state.contract_id or not (
        terms.method is Method.REVOLVING or in_parts
    ):
        raise LoanExists(loan_id=command.loan_id)


def _terms_of_draw(
    command: DrawLoan, contract: ContractState, product: LoanProduct, at: Moment
) -> LoanTerms:
    """The product's terms with the contract's figures; a revolving loan may grow to the whole."""
    revolves = product.terms.get("method") == Method.REVOLVING
    return product.loan_terms(
        principal_minor=contract.amount_minor if revolves else command.amount_minor,
        instalments=command.instalments or contract.instalments,
        annual_rate_ppm=contract.annual_rate_ppm,
        start_date=at.value_date,
        due_day=contract.due_day,
    )


def repay(command: RepayLoan, state: LoanState, account_id: str, at: Moment) -> Repaid:
    """Take money towards the loan; never more than pays it off."""
    found = _standing_for_money(state, command.loan_id, at)
    payoff = found.payoff_minor
    if not payoff:
        raise NothingOwed(loan_id=state.loan_id, on=str(at.value_date))
    if command.amount_minor > payoff:
        raise PaymentExceedsDebt(
            loan_id=state.loan_id, asked_minor=command.amount_minor, payoff_minor=payoff
        )
    option = command.prepay_by
    repaid = Repaid(
        **_money_fields(state, account_id, command.amount_minor),
        mode=command.mode.value.lower(),  # type: ignore[arg-type]
        option=None if option is PrepayBy.PRODUCT_DEFAULT else option.value.lower(),  # type: ignore[arg-type]
    )
    return with_principal_change(repaid, state, at)


def pay_off(command: PayOffLoan, state: LoanState, account_id: str, at: Moment) -> PaidOff:
    """Pay the loan back in whole, if the quote is still right on the value date."""
    found = _standing_for_money(state, command.loan_id, at)
    if not found.payoff_minor:
        raise NothingOwed(loan_id=state.loan_id, on=str(at.value_date))
    if command.amount_minor != found.payoff_minor:
        raise QuoteOutdated(
            loan_id=state.loan_id,
            on=str(at.value_date),
            asked_minor=command.amount_minor,
            payoff_minor=found.payoff_minor,
        )
    paid = PaidOff(**_money_fields(state, account_id, command.amount_minor))
    return with_principal_change(paid, state, at)


def reverse_entry(command: ReverseLoanEntry, state: LoanState, at: Moment) -> LoanEntryReversed:
    """Undo an entry: its dated form counts no more, its money goes back."""
    require_loan(state, command.loan_id)
    entry = state.entry(command.position)
    if entry is None:
        raise EntryNotFound(loan_id=command.loan_id, position=command.position)
    before = state.reversal_of(entry)
    if before is not None:
        raise EntryAlreadyReversed(
            loan_id=command.loan_id, position=command.position, reversed_at=before.position
        )
    reversed_ = LoanEntryReversed(
        contract_id=state.contract_id,
        loan_id=state.loan_id,
        limit_path=state.limit_path,
        currency=state.currency,
        reversed_position=entry.position,
        reversed_entry_id=entry.event.event_id,
        reversing_legs=tuple(
            Leg(
                account=leg.account,
                amount_minor=-leg.amount_minor,
                currency=leg.currency,
                purpose=REVERSAL,
            )
            for leg in entry.legs
        ),
        reason=command.reason,
    )
    return with_principal_change(reversed_, state, at)


def with_principal_change(event: E, state: LoanState, at: Moment) -> E:
    """The event with the change of principal that it brings, as far as limits do not know it yet.

    Measured on the booking date, with the event among all others by value date: an event dated
    back changes what later ones did, and the difference is this event's.
    """
    stamp = Stamp(
        value_date=at.value_date,
        event_id=entry_id(at.principal, at.command_id),
        position=at.position,
    )
    dated_form = event.dated(stamp)
    also = () if dated_form is None else (dated_form,)
    after = standing_of(state, max(at.booking_date, at.value_date), also=also)
    change = owed_principal_minor(after) - state.outstanding_minor
    return msgspec.structs.replace(event, principal_change_minor=change)


def _standing_for_money(state: LoanState, loan_id: str, at: Moment) -> Standing:
    require_loan(state, loan_id)
    require_since_start(state, at.value_date)
    found = standing_of(state, at.value_date)
    require_on_the_books(found, state)
    return found


def _money_fields(state: LoanState, account_id: str, amount_minor: int) -> dict[str, Any]:
    return {
        "contract_id": state.contract_id,
        "loan_id": state.loan_id,
        "limit_path": state.limit_path,
        "currency": state.currency,
        "account_id": account_id,
        "branch_id": state.branch_id,
        "amount_minor": amount_minor,
    }
