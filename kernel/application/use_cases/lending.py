"""Use cases of lending: contracts and loans, with the accounts on which their money moves.

A draw asks the contract, the limits above it, the pledges behind it and the account that receives;
a repayment asks the account that pays. Each becomes one event.

Units: whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.accounts import movements
from kernel.application.books import Books
from kernel.application.use_cases.concentration import (
    require_not_concentrated,
    require_partner_share,
)
from kernel.application.use_cases.limits import path_for, require_room
from kernel.application.use_cases.pinned import product_of
from kernel.application.use_cases.security import require_covered_draw
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.legs import is_internal
from kernel.common.moment import Moment
from kernel.customers.rules import require_customer
from kernel.loans import collection, commands, contract_rules, facility_rules, rules
from kernel.loans.borrowings import borrowers
from kernel.loans.contract_state import ContractState, ContractStatus
from kernel.loans.events import LoanEntriesReversed, LoanEntryReversed, parts_of
from kernel.loans.product import LoanProduct, loan_product
from kernel.loans.repricing import Published
from kernel.loans.shared_rules import require_loan
from kernel.loans.state import LoanState
from kernel.products.commands import ProductKind
from kernel.products.rules import definition_of, version_on_sale

Events = tuple[Event, ...]
REPAYMENT = "LOAN_REPAYMENT"
"""Purpose under which loan money counts outside the caps of an account."""


def apply_for_loan(command: commands.ApplyForLoan, books: Books, at: Moment) -> Events:
    """Take an application of customers who are known, on a product that is on sale."""
    for customer_id in (command.customer_id, *command.co_borrower_ids, *command.guarantor_ids):
        require_customer(books.customer(customer_id), customer_id)
    account = books.open_account(command.account_id)
    movements.require_holder(account, command.customer_id)
    movements.require_currency(account, command.currency)
    state = books.product(command.product_id)
    version, found = version_on_sale(state, command.product_id, command.product_version, at)
    product = loan_product(definition_of(found, command.product_id, ProductKind.LOAN))
    movements.require_currency(account, product.currency)
    contract = books.contract(command.contract_id)
    return (
        contract_rules.apply_for_loan(command, contract, product, version, account.branch_id, at),
    )


def record_credit_decision(
    command: commands.RecordCreditDecision, books: Books, at: Moment
) -> Events:
    """Record what the bank decided."""
    contract = books.contract(command.contract_id)
    contract_rules.require_status(contract, command.contract_id, ContractStatus.APPLIED)
    return (contract_rules.record_credit_decision(command, contract, product_of(contract, books)),)


def offer_loan(command: commands.OfferLoan, books: Books, at: Moment) -> Events:
    """Offer what was approved."""
    contract = books.contract(command.contract_id)
    contract_rules.require_status(
        contract, command.contract_id, ContractStatus.APPROVED, ContractStatus.OFFERED
    )
    return (contract_rules.offer_loan(command, contract, product_of(contract, books), at),)


def sign_contract(command: commands.SignContract, books: Books, at: Moment) -> Events:
    """Sign what was offered: the limit has room, and not too much hangs on the borrowers."""
    contract = books.contract(command.contract_id)
    contract_rules.require_status(contract, command.contract_id, ContractStatus.OFFERED)
    product = product_of(contract, books)
    path = path_for(command.limit_id, borrowers(contract), books)
    spread_ppm = agreed_spread_ppm(contract, product, books, at)
    signed = contract_rules.sign_contract(command, contract, product, path, spread_ppm, at)
    require_room(signed, books, at)
    require_not_concentrated(signed, contract, books, at)
    require_partner_share(signed, at)
    return (signed,)


def end_contract(command: commands.EndContract, books: Books, at: Moment) -> Events:
    """End a contract."""
    return (contract_rules.end_contract(command, books.contract(command.contract_id)),)


def draw_loan(command: commands.DrawLoan, books: Books, at: Moment) -> Events:
    """Lend money under a signed contract, to the borrower or to the payee."""
    contract = books.contract(command.contract_id)
    contract_rules.require_status(contract, command.contract_id, ContractStatus.SIGNED)
    product = product_of(contract, books)
    drawn = rules.draw(command, contract, books.loan(command.loan_id), product, at)
    require_room(drawn, books, at)
    instalments = command.instalments or contract.instalments
    require_covered_draw(drawn, product, instalments, books, at)
    account = books.open_account(drawn.account_id)
    movements.require_credit(account, drawn.amount_minor, drawn.currency, at, capped=False)
    return (drawn,)


def repay_loan(command: commands.RepayLoan, books: Books, at: Moment) -> Events:
    """Pay towards a loan."""
    loan = existing_loan(command, books)
    account_id = command.account_id or loan.debit_account_id
    require_borrowers_or(command.paid_by, account_id, loan, books)
    repaid = rules.repay(command, loan, account_id, at)
    require_payment(books, account_id, repaid.amount_minor, repaid.currency, at)
    return (repaid,)


def pay_off_loan(command: commands.PayOffLoan, books: Books, at: Moment) -> Events:
    """Pay a loan back in whole."""
    loan = existing_loan(command, books)
    account_id = command.account_id or loan.debit_account_id
    require_borrowers_or(command.paid_by, account_id, loan, books)
    paid = rules.pay_off(command, loan, account_id, at)
    require_payment(books, account_id, paid.amount_minor, paid.currency, at)
    return (paid,)


def reverse_loan_entry(command: commands.ReverseLoanEntry, books: Books, at: Moment) -> Events:
    """Undo an entry of a loan, and of the others that the act was on; its money must be there."""
    loan = existing_loan(command, books)
    others = rules.require_entry(loan, command.position).with_loans
    reversed_: LoanEntryReversed | LoanEntriesReversed = rules.reverse_entry(command, loan, at)
    if others:
        loans = [loan, *(books.loan(loan_id) for loan_id in others)]
        reversed_ = facility_rules.reverse_entries(command, loans, at)
    _require_drawn_again(reversed_, books, at)
    moved: dict[str, int] = {}
    for leg in reversed_.legs:
        moved[leg.account] = moved.get(leg.account, 0) + leg.amount_minor
    for account_id, minor in moved.items():
        if is_internal(account_id):
            continue
        account = books.open_account(account_id)
        if minor > 0:
            movements.require_debit(account, minor, loan.currency, at, capped=False)
        elif minor:
            movements.require_credit(account, -minor, loan.currency, at, capped=False)
    return (reversed_,)


def _require_drawn_again(
    reversed_: LoanEntryReversed | LoanEntriesReversed, books: Books, at: Moment
) -> None:
    """A reversed draw that counts again is a draw: contract, limits and pledges bear it.

    Money that is owed again because a repayment went back is asked nothing of.
    """
    again = [
        part
        for part in parts_of(reversed_)
        if isinstance(part, LoanEntryReversed) and part.drawn_change_minor > 0
    ]
    for part in again:
        contract = books.contract(part.contract_id)
        contract_rules.require_status(contract, part.contract_id, ContractStatus.SIGNED)
        product = product_of(contract, books)
        rules.require_room(part.contract_id, part.drawn_change_minor, contract, product)
        back = {
            each.contract_id: each.principal_change_minor
            for each in parts_of(reversed_)
            if each is not part
        }
        require_covered_draw(part, product, contract.instalments, books, at, back)
    if again:
        require_room(reversed_, books, at)


def existing_loan(command: commands.LoanCommand, books: Books) -> LoanState:
    """The loan of a command; refused when there is none."""
    loan = books.loan(command.loan_id)
    require_loan(loan, command.loan_id)
    return loan


def require_borrowers_or(
    paid_by: str | None, account_id: str, loan: LoanState, books: Books
) -> None:
    """The account is a borrower's, or belongs to the customer who is named as paying for them."""
    account = books.open_account(account_id)
    if paid_by is not None or account.customer_id not in loan.customer_ids:
        movements.require_holder(account, paid_by or loan.customer_ids[0])


def publications_of(index_id: str, books: Books) -> tuple[Published, ...]:
    """What is known to be published of an index."""
    return tuple(
        Published(published_on=each.published_on, rate_ppm=each.rate_ppm)
        for each in books.index(index_id).publications
    )


def agreed_spread_ppm(
    contract: ContractState, product: LoanProduct, books: Books, at: Moment
) -> int:
    """The spread of a floating contract over its index; 0 for a fixed rate."""
    if product.index is None:
        return 0
    known = publications_of(product.index, books)
    return collection.spread_ppm(contract.annual_rate_ppm, product.index, known, at.booking_date)


def require_payment(
    books: Books, account_id: str, amount_minor: int, currency: str, at: Moment
) -> None:
    """The account can pay so much towards a loan."""
    account = books.open_account(account_id)
    capped = movements.is_capped(account, None, REPAYMENT)
    movements.require_debit(account, amount_minor, currency, at, capped=capped)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.ApplyForLoan: apply_for_loan,
    commands.RecordCreditDecision: record_credit_decision,
    commands.OfferLoan: offer_loan,
    commands.SignContract: sign_contract,
    commands.EndContract: end_contract,
    commands.DrawLoan: draw_loan,
    commands.RepayLoan: repay_loan,
    commands.PayOffLoan: pay_off_loan,
    commands.ReverseLoanEntry: reverse_loan_entry,
}
