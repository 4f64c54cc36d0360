"""The decisions on a loan that is lent: draw, repay, pay off, reverse.

Units: whole minor units. Whether accounts, limits and pledges allow it is asked of their own rules
by the use case. Source: Civil Code arts 667 to 677; 银监会令2010年第2号 (payment of loan money).
"""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.colending import partner_part_minor
from kernel.loans.commands import DrawLoan, PayOffLoan, PrepayBy, RepayLoan, ReverseLoanEntry
from kernel.loans.contract_state import ContractState
from kernel.loans.event_bases import REVERSAL, balanced_by_the_loan, is_the_loans_own
from kernel.loans.events import Drawn, LoanEntryReversed, PaidOff, Repaid
from kernel.loans.product import LoanProduct, stored_terms
from kernel.loans.refusals import (
    EntryAlreadyReversed,
    EntryChargedBack,
    EntryNotFound,
    LoanExists,
    MoreThanApproved,
    MustBeEntrusted,
    NothingOwed,
    PaymentExceedsDebt,
    QuoteOutdated,
)
from kernel.loans.running_refusals import HasNoEffect
from kernel.loans.shared_rules import (
    loan_fields,
    money_fields,
    require_loan,
    require_on_the_books_on,
    stamp_of,
    with_changes,
)
from kernel.loans.standing import Standing
from kernel.loans.state import Entry, LoanState, begun, standing_of
from kernel.loans.subsidies import require_settlement_covered
from kernel.loans.terms import LoanTerms, Method


def draw(
    command: DrawLoan,
    contract: ContractState,
    state: LoanState,
    product: LoanProduct,
    at: Moment,
) -> Drawn:
    """Lend money under a signed contract: a new loan, or more of one that takes several draws."""
    _require_payment_route(command, product)
    return lend(command, contract, state, product, at)


def lend(
    command: DrawLoan,
    contract: ContractState,
    state: LoanState,
    product: LoanProduct,
    at: Moment,
) -> Drawn:
    """The draw itself, whoever the money goes to."""
    application = contract.application
    assert application is not None, command.contract_id
    require_room(command.contract_id, command.amount_minor, contract, product)
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
        index_id=contract.index_id,
        spread_ppm=contract.spread_ppm,
    )
    return _with_what_is_withheld(drawn, state if state.exists else begun(drawn), at)


def _with_what_is_withheld(drawn: Drawn, state: LoanState, at: Moment) -> Drawn:
    """Fees of the start and interest taken up front stay with the loan; the rest is paid out."""
    terms = state.loan_terms
    is_plain = terms.method is not Method.DISCOUNTED and not any(
        fee.when == "start" for fee in terms.fees
    )
    if is_plain and not state.entries:
        share = drawn.partner.share_ppm if drawn.partner else 0
        return msgspec.structs.replace(
            drawn,
            principal_change_minor=drawn.amount_minor,
            partner_change_minor=partner_part_minor(drawn.amount_minor, share),
        )
    before = standing_of(state, at.value_date) if state.entries else None
    after = standing_of(state, at.value_date, also=(drawn.dated(stamp_of(at)),))
    paid_out = _paid_out_minor(after) - (_paid_out_minor(before) if before else 0)
    withheld = max(0, drawn.amount_minor - paid_out)
    drawn = msgspec.structs.replace(
        drawn, amount_minor=drawn.amount_minor - withheld, withheld_minor=withheld
    )
    return with_changes(drawn, state, at)


def _paid_out_minor(found: Standing) -> int:
    """What was lent, less what was taken out of it at the start."""
    return found.disbursed_minor - sum(
        line.paid_minor for line in found.instalments if line.number == 0
    )


def require_room(
    contract_id: str, amount_minor: int, contract: ContractState, product: LoanProduct
) -> None:
    """No more is lent than was approved; what is repaid counts only when the credit revolves."""
    used = contract.outstanding_minor if product.revolving else contract.drawn_minor
    left = contract.amount_minor - used
    if amount_minor > left:
        raise MoreThanApproved(
            contract_id=contract_id,
            asked_minor=amount_minor,
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
        for each in state.counted
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
    found = require_on_the_books_on(state, at)
    payoff = found.payoff_minor
    if not payoff:
        raise NothingOwed(loan_id=state.loan_id, on=str(at.value_date))
    if command.amount_minor > payoff:
        raise PaymentExceedsDebt(
            loan_id=state.loan_id, asked_minor=command.amount_minor, payoff_minor=payoff
        )
    option = command.prepay_by
    repaid = Repaid(
        **money_fields(state, account_id, command.amount_minor),
        mode=command.mode.value.lower(),  # type: ignore[arg-type]  # the stored word
        option=None if option is PrepayBy.PRODUCT_DEFAULT else option.value.lower(),  # type: ignore[arg-type]
        paid_by=command.paid_by or "",
    )
    return with_changes(repaid, state, at)


def pay_off(command: PayOffLoan, state: LoanState, account_id: str, at: Moment) -> PaidOff:
    """Pay the loan back in whole, if the quote is still right on the value date."""
    found = require_on_the_books_on(state, at)
    if not found.payoff_minor:
        raise NothingOwed(loan_id=state.loan_id, on=str(at.value_date))
    if command.amount_minor != found.payoff_minor:
        raise QuoteOutdated(
            loan_id=state.loan_id,
            on=str(at.value_date),
            asked_minor=command.amount_minor,
            payoff_minor=found.payoff_minor,
        )
    paid = PaidOff(
        **money_fields(state, account_id, command.amount_minor), paid_by=command.paid_by or ""
    )
    return with_changes(paid, state, at)


def require_entry(state: LoanState, position: int) -> Entry:
    """The entry of the loan that was made at a log position, and is not reversed."""
    require_loan(state, state.loan_id)
    entry = state.entry(position)
    if entry is None:
        raise EntryNotFound(loan_id=state.loan_id, position=position)
    before = state.reversal_of(entry)
    if before is not None:
        raise EntryAlreadyReversed(
            loan_id=state.loan_id, position=position, reversed_at=before.position
        )
    return entry


def reverse_entry(command: ReverseLoanEntry, state: LoanState, at: Moment) -> LoanEntryReversed:
    """Undo an entry: its dated form counts no more, its money goes back.

    What it had moved outside goes back exactly; the partner's part is what the loan's own comes to
    without the entry, and the loan has the rest.
    """
    entry = require_entry(state, command.position)
    for each in state.counted:
        if each.about_position == entry.position:
            raise EntryChargedBack(
                loan_id=state.loan_id, position=entry.position, charged_back_at=each.position
            )
    outside: dict[str, int] = {}
    for leg in entry.legs:
        if not is_the_loans_own(leg):
            outside[leg.account] = outside.get(leg.account, 0) - leg.amount_minor
    reversed_ = with_changes(
        LoanEntryReversed(
            **loan_fields(state),
            reversed_position=entry.position,
            reversed_entry_id=entry.event.event_id,
            drawn_change_minor=-_drawn_by(state, entry),
            reason=command.reason,
        ),
        state,
        at,
    )
    _require_a_difference(state, entry, reversed_, at)
    require_settlement_covered(state, reversed_.dated(stamp_of(at)))
    legs = balanced_by_the_loan(
        outside, reversed_.partner_change_minor, state.branch_id, state.currency, REVERSAL
    )
    return msgspec.structs.replace(reversed_, reversing_legs=legs)


def _require_a_difference(
    state: LoanState, entry: Entry, reversed_: LoanEntryReversed, at: Moment
) -> None:
    """What the entry is about in the end counts no more, or counts again.

    It would do neither when another reversal of the same event stands.
    """
    events = tuple(each.event for each in state.entries)
    by_id = {event.event_id: event for event in events}
    about = entry.event
    while isinstance(about, dated.Reversal):
        about = by_id[about.reverses]
    before = about in dated.in_order(events)
    if before == (about in dated.in_order((*events, reversed_.dated(stamp_of(at))))):
        why = "its event counts" if before else "its event counts no more"
        raise HasNoEffect(loan_id=state.loan_id, on=str(at.value_date), why=why)


def _drawn_by(state: LoanState, entry: Entry) -> int:
    """What counts as drawn by the entry; a reversal counts against what it reversed."""
    event = entry.event
    if isinstance(event, dated.Disbursement):
        return event.amount_minor
    if isinstance(event, dated.Reversal):
        gone = next(each for each in state.entries if each.event.event_id == event.reverses)
        return -_drawn_by(state, gone)
    return 0
