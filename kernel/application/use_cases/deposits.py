"""Use cases of deposits: the deposit's rules, and the accounts between which its money moves.

A term or notice deposit is an account of its own, with its own posting class, so that balances,
statements and ledger know it like any other. Opening it writes the account and the deposit in one
commit; paying it out in whole closes both.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, TypeVar

from kernel.accounts import movements
from kernel.accounts.events import AccountClosed, AccountOpened
from kernel.accounts.refusals import AccountExists, HolderRestrained
from kernel.accounts.state import AccountState
from kernel.application.books import Books
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.common.people import CustomerKind
from kernel.common.terms import AccountClass
from kernel.customers.rules import require_customer
from kernel.deposits import commands, interest_rules, notice_rules, rates, term_rules
from kernel.deposits.events import DepositOpened, DepositPaidOut
from kernel.deposits.interest import InterestState
from kernel.deposits.product import (
    AgreementDepositProduct,
    DepositProduct,
    NoticeDepositProduct,
    TermDepositProduct,
    deposit_product,
)
from kernel.deposits.refusals import WrongDepositHolder
from kernel.deposits.state import DepositKind, DepositState
from kernel.products.commands import ProductKind
from kernel.products.rules import definition_of, require_version, version_on_sale

Events = tuple[Event, ...]
P = TypeVar("P", bound=DepositProduct)


def publish_deposit_rate(command: commands.PublishDepositRate, books: Books, at: Moment) -> Events:
    """List a rate."""
    return (rates.publish(command, at),)


def open_term_deposit(command: commands.OpenTermDeposit, books: Books, at: Moment) -> Events:
    """Open a term deposit with money of a current account."""
    product, version = _on_sale(command, books, at, TermDepositProduct, ProductKind.TERM_DEPOSIT)
    source = books.open_account(command.account_id)
    opened = term_rules.open_term_deposit(
        command, product, version, source.customer_id, source.branch_id,
        books.deposit_rates(product.currency), at,
    )  # fmt: skip
    return _opened(opened, product, DepositKind.TERM, source, books, at)


def open_notice_deposit(command: commands.OpenNoticeDeposit, books: Books, at: Moment) -> Events:
    """Open a notice deposit with money of a current account."""
    product, version = _on_sale(
        command, books, at, NoticeDepositProduct, ProductKind.NOTICE_DEPOSIT
    )
    source = books.open_account(command.account_id)
    opened = notice_rules.open_notice_deposit(
        command, product, version, source.customer_id, source.branch_id,
        books.deposit_rates(product.currency), at,
    )  # fmt: skip
    return _opened(opened, product, DepositKind.NOTICE, source, books, at)


def _on_sale(
    command: commands.OpenDeposit | commands.SetAgreement,
    books: Books,
    at: Moment,
    shape: type[P],
    kind: ProductKind,
) -> tuple[P, int]:
    """The product version on sale, and its number."""
    state = books.product(command.product_id)
    version, found = version_on_sale(state, command.product_id, command.product_version, at)
    return deposit_product(shape, definition_of(found, command.product_id, kind)), version


def _opened(
    opened: DepositOpened,
    product: DepositProduct,
    kind: DepositKind,
    source: AccountState,
    books: Books,
    at: Moment,
) -> Events:
    """The account and the deposit, when holder and source account allow it."""
    if books.account(opened.deposit_id).exists:
        raise AccountExists(account_id=opened.deposit_id)
    customer = books.customer(source.customer_id)
    require_customer(customer, source.customer_id)
    if customer.is_restrained(at.booking_date):
        raise HolderRestrained(customer_id=source.customer_id)
    if customer.kind.value != product.holder_kind:
        raise WrongDepositHolder(
            product_id=opened.product_id,
            needed=product.holder_kind,
            customer_kind=customer.kind.value,
        )
    movements.require_debit(source, opened.amount_minor, opened.currency, at, capped=False)
    holder = "PERSONAL" if customer.kind is CustomerKind.PERSON else "CORPORATE"
    account = AccountOpened(
        account_id=opened.deposit_id,
        customer_id=source.customer_id,
        product_id=opened.product_id,
        product_version=opened.product_version,
        branch_id=source.branch_id,
        currency=opened.currency,
        account_class=AccountClass.DEPOSIT,
        posting_class=f"{holder}_{kind}",
    )
    return (account, opened)


def withdraw_term_deposit(
    command: commands.WithdrawTermDeposit, books: Books, at: Moment
) -> Events:
    """Pay a term deposit out, in whole or in part."""
    state = books.deposit(command.deposit_id)
    term_rules.require_deposit(state, command.deposit_id, DepositKind.TERM)
    account_id = command.account_id or state.account_id
    listed = books.deposit_rates(state.currency)
    return _paid_out(term_rules.withdraw(command, state, account_id, listed, at), state, books, at)


def mature_deposit(command: commands.MatureDeposit, books: Books, at: Moment) -> Events:
    """Pay a matured deposit out."""
    state = books.deposit(command.deposit_id)
    matured = term_rules.mature(command, state, books.deposit_rates(state.currency), at)
    return _paid_out(matured, state, books, at)


def withdraw_notice_deposit(
    command: commands.WithdrawNoticeDeposit, books: Books, at: Moment
) -> Events:
    """Draw from a notice deposit."""
    state = books.deposit(command.deposit_id)
    term_rules.require_deposit(state, command.deposit_id, DepositKind.NOTICE)
    account_id = command.account_id or state.account_id
    listed = books.deposit_rates(state.currency)
    return _paid_out(
        notice_rules.withdraw(command, state, account_id, listed, at), state, books, at
    )


def _paid_out(paid: DepositPaidOut, state: DepositState, books: Books, at: Moment) -> Events:
    """The payment, and the end of the account when nothing is left; both accounts allow it."""
    movements.require_withdrawable(books.account(state.deposit_id), paid.principal_minor, at)
    into = books.open_account(paid.account_id)
    movements.require_holder(into, state.customer_id)
    total_minor = paid.principal_minor + paid.interest_minor - paid.tax_minor
    movements.require_credit(into, total_minor, state.currency, at, capped=False)
    if paid.left_minor:
        return (paid,)
    closed = AccountClosed(
        account_id=state.deposit_id, customer_id=state.customer_id, reason="paid out in whole"
    )
    return (paid, closed)


def rollover_term_deposit(
    command: commands.RolloverTermDeposit, books: Books, at: Moment
) -> Events:
    """Begin the next term of a deposit."""
    state = books.deposit(command.deposit_id)
    term_rules.require_deposit(state, command.deposit_id, DepositKind.TERM)
    found = require_version(
        books.product(state.product_id), state.product_id, state.product_version
    )
    definition = definition_of(found, state.product_id, ProductKind.TERM_DEPOSIT)
    rolled = term_rules.roll_over(
        command, state, deposit_product(TermDepositProduct, definition),
        books.deposit_rates(state.currency), at,
    )  # fmt: skip
    if rolled.account_id:
        into = books.open_account(rolled.account_id)
        paid_minor = rolled.interest_minor - rolled.tax_minor
        movements.require_credit(into, paid_minor, state.currency, at, capped=False)
    return (rolled,)


def give_notice(command: commands.GiveNotice, books: Books, at: Moment) -> Events:
    """Take a notice."""
    return (notice_rules.give_notice(command, books.deposit(command.deposit_id), at),)


def cancel_notice(command: commands.CancelNotice, books: Books, at: Moment) -> Events:
    """Take a notice back."""
    return (notice_rules.cancel_notice(command, books.deposit(command.deposit_id), at),)


def set_agreement(command: commands.SetAgreement, books: Books, at: Moment) -> Events:
    """Agree on a rate for what exceeds a base."""
    account = books.open_account(command.account_id)
    product, version = _on_sale(
        command, books, at, AgreementDepositProduct, ProductKind.AGREEMENT_DEPOSIT
    )
    movements.require_currency(account, product.currency)
    state = books.interest(command.account_id)
    listed = books.deposit_rates(product.currency)
    return (interest_rules.set_agreement(command, state, product, version, listed, at),)


def settle_interest(command: commands.SettleInterest, books: Books, at: Moment) -> Events:
    """Settle the interest of a current account."""
    books.open_account(command.account_id)
    state = books.interest(command.account_id)
    return (interest_rules.settle(command, state, demand_rates_of(state, books), at),)


def demand_rates_of(state: InterestState, books: Books) -> dict[datetime.date, int]:
    """Demand rates of an account by day: as listed, before that as its product says."""
    product = books.product(state.product_id).versions.get(state.product_version)
    terms = product.terms if product is not None else None
    return rates.demand_rates(
        books.deposit_rates(state.currency), terms.annual_rate_ppm if terms else 0
    )


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.PublishDepositRate: publish_deposit_rate,
    commands.OpenTermDeposit: open_term_deposit,
    commands.WithdrawTermDeposit: withdraw_term_deposit,
    commands.RolloverTermDeposit: rollover_term_deposit,
    commands.MatureDeposit: mature_deposit,
    commands.OpenNoticeDeposit: open_notice_deposit,
    commands.GiveNotice: give_notice,
    commands.CancelNotice: cancel_notice,
    commands.WithdrawNoticeDeposit: withdraw_notice_deposit,
    commands.SetAgreement: set_agreement,
    commands.SettleInterest: settle_interest,
}
