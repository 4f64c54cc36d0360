"""Use cases that move money: the accounts' rules on both sides, then the payment's event.

Units: whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.accounts import movements
from kernel.accounts.commands import RestraintDirection
from kernel.accounts.restraints import binding, stopping
from kernel.accounts.state import AccountState, Status
from kernel.application.books import Books
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.legs import is_internal
from kernel.common.moment import Moment
from kernel.common.refusals import Refusal
from kernel.payments import commands, reversal, rules
from kernel.payments.events import (
    BulkEntry,
    BulkTransferred,
    Deposited,
    StandingOrderSet,
    Transferred,
    Withdrawn,
)

Events = tuple[Event, ...]


def require_orderer(books: Books, payer: AccountState, customer_id: str) -> None:
    """The customer who orders holds the account, or survives its holder after a merge."""
    if payer.customer_id != customer_id:
        holder = books.customer(payer.customer_id)
        if holder.merged_into != customer_id:
            movements.require_holder(payer, customer_id)


def require_movement(
    payer: AccountState,
    payee: AccountState,
    amount_minor: int,
    currency: str,
    purpose: str,
    at: Moment,
    *,
    held_minor: int = 0,
) -> tuple[bool, bool]:
    """Both sides allow it; whether it counts against the payer's and the payee's caps."""
    payer_capped = movements.is_capped(payer, payee, purpose)
    payee_capped = movements.is_capped(payee, payer, purpose)
    movements.require_debit(
        payer, amount_minor, currency, at, capped=payer_capped, held_minor=held_minor
    )
    movements.require_credit(payee, amount_minor, currency, at, capped=payee_capped)
    return payer_capped, payee_capped


def transfer(command: commands.Transfer, books: Books, at: Moment) -> Events:
    """Move money between two accounts."""
    rules.require_two_accounts(command.payer_account_id, command.payee_account_id)
    payer = books.open_account(command.payer_account_id)
    payee = books.open_account(command.payee_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    payer_capped, payee_capped = require_movement(
        payer, payee, command.amount_minor, command.currency, command.purpose, at
    )
    transferred = Transferred(
        ordering_customer_id=command.ordering_customer_id,
        payer_account_id=command.payer_account_id,
        payee_account_id=command.payee_account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        payer_capped=payer_capped,
        payee_capped=payee_capped,
        purpose=command.purpose,
        text=command.text,
    )
    return (transferred,)


def deposit(command: commands.Deposit, books: Books, at: Moment) -> Events:
    """Pay money into an account."""
    account = books.open_account(command.account_id)
    capped = movements.is_capped(account, None, "")
    movements.require_credit(account, command.amount_minor, command.currency, at, capped=capped)
    deposited = Deposited(
        account_id=command.account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        branch_id=command.branch_id,
        source=command.source,
        reference=command.reference,
        capped=capped,
    )
    return (deposited,)


def withdraw(command: commands.Withdraw, books: Books, at: Moment) -> Events:
    """Pay money out of an account."""
    account = books.open_account(command.account_id)
    require_orderer(books, account, command.ordering_customer_id)
    capped = movements.is_capped(account, None, "")
    movements.require_debit(account, command.amount_minor, command.currency, at, capped=capped)
    withdrawn = Withdrawn(
        ordering_customer_id=command.ordering_customer_id,
        account_id=command.account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        branch_id=command.branch_id,
        destination=command.destination,
        reference=command.reference,
        capped=capped,
    )
    return (withdrawn,)


def bulk_transfer(command: commands.BulkTransfer, books: Books, at: Moment) -> Events:
    """Pay every payee, or refuse the whole."""
    sum_minor = rules.require_sum(command)
    payer = books.open_account(command.payer_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    payees = {item.payee_account_id: item for item in command.items}
    to_each: dict[str, int] = dict.fromkeys(payees, 0)
    for item in command.items:
        to_each[item.payee_account_id] += item.amount_minor
    capped: dict[str, bool] = {}
    for payee_account_id, amount_minor in to_each.items():
        payee = books.open_account(payee_account_id)
        capped[payee_account_id] = movements.is_capped(payee, payer, command.purpose)
        movements.require_credit(
            payee, amount_minor, command.currency, at, capped=capped[payee_account_id]
        )
    payer_capped = movements.is_capped(payer, None, command.purpose)
    movements.require_debit(payer, sum_minor, command.currency, at, capped=payer_capped)
    transferred = BulkTransferred(
        ordering_customer_id=command.ordering_customer_id,
        payer_account_id=command.payer_account_id,
        currency=command.currency,
        items=tuple(
            BulkEntry(
                payee_account_id=item.payee_account_id,
                amount_minor=item.amount_minor,
                payee_capped=capped[item.payee_account_id],
                text=item.text,
            )
            for item in command.items
        ),
        payer_capped=payer_capped,
        purpose=command.purpose,
        text=command.text,
    )
    return (transferred,)


def reserve_payment(command: commands.ReservePayment, books: Books, at: Moment) -> Events:
    """First phase: set the money aside; the payee must be able to take it."""
    payer = books.open_account(command.payer_account_id)
    payee = books.open_account(command.payee_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    require_movement(payer, payee, command.amount_minor, command.currency, "", at)
    return (rules.reserve_payment(command, at),)


def capture_payment(command: commands.CapturePayment, books: Books, at: Moment) -> Events:
    """Second phase: pay; restraints and caps count as they are now."""
    reserved = rules.require_reserved(command.payment_id, books.payment(command.payment_id), at)
    captured = rules.capture_payment(command, reserved, payer_capped=False, payee_capped=False)
    payer = books.open_account(reserved.payer_account_id)
    payee = books.open_account(reserved.payee_account_id)
    payer_capped, payee_capped = require_movement(
        payer,
        payee,
        captured.amount_minor,
        captured.currency,
        "",
        at,
        held_minor=reserved.amount_minor,
    )
    captured = rules.capture_payment(
        command, reserved, payer_capped=payer_capped, payee_capped=payee_capped
    )
    return (captured,)


def release_payment(command: commands.ReleasePayment, books: Books, at: Moment) -> Events:
    """Second phase: give the payment up."""
    reserved = rules.require_reserved(command.payment_id, books.payment(command.payment_id), at)
    return (rules.release_payment(command, reserved),)


def reverse_payment(command: commands.ReversePayment, books: Books, at: Moment) -> Events:
    """Take a payment back from whoever got it."""
    payment = books.payment(command.payment_id)
    original = reversal.require_reversible(command, payment)
    accounts = {leg.account for leg in original.legs if not is_internal(leg.account)}
    sides = {account: _side(books.account(account), at) for account in accounts}
    return (reversal.reverse_payment(command, payment, sides),)


def _side(account: AccountState, at: Moment) -> reversal.Side:
    """How an account stands for a reversal; nothing is taken from one whose debits are stopped."""
    on = at.booking_date
    stopped = stopping(binding(account.restraints, on), RestraintDirection.DEBIT)
    return reversal.Side(
        is_open=account.status is not Status.CLOSED,
        available_minor=0 if stopped else max(account.available_minor(on), 0),
        branch_id=account.branch_id,
    )


def set_standing_order(command: commands.SetStandingOrder, books: Books, at: Moment) -> Events:
    """Take a standing order between two accounts that exist."""
    payer = books.open_account(command.payer_account_id)
    payee = books.open_account(command.payee_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    movements.require_currency(payer, command.currency)
    movements.require_currency(payee, command.currency)
    state = books.standing_order(command.standing_order_id)
    return (rules.set_standing_order(command, state, at),)


def cancel_standing_order(
    command: commands.CancelStandingOrder, books: Books, at: Moment
) -> Events:
    """End a standing order."""
    state = books.standing_order(command.standing_order_id)
    return (rules.cancel_standing_order(command, state),)


def run_standing_order(command: commands.RunStandingOrder, books: Books, at: Moment) -> Events:
    """Pay one due date; when an account says no, the miss is recorded with its reason."""
    state = books.standing_order(command.standing_order_id)
    order = rules.require_due(command, state, at)
    try:
        payer_capped, payee_capped = _standing_order_caps(order, books, at)
    except Refusal as refusal:
        return (rules.standing_order_missed(order, command.due_on, refusal),)
    paid = rules.standing_order_paid(
        order, command.due_on, payer_capped=payer_capped, payee_capped=payee_capped
    )
    return (paid,)


def _standing_order_caps(order: StandingOrderSet, books: Books, at: Moment) -> tuple[bool, bool]:
    payer = books.open_account(order.payer_account_id)
    payee = books.open_account(order.payee_account_id)
    return require_movement(payer, payee, order.amount_minor, order.currency, "", at)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.Transfer: transfer,
    commands.Deposit: deposit,
    commands.Withdraw: withdraw,
    commands.BulkTransfer: bulk_transfer,
    commands.ReservePayment: reserve_payment,
    commands.CapturePayment: capture_payment,
    commands.ReleasePayment: release_payment,
    commands.ReversePayment: reverse_payment,
    commands.SetStandingOrder: set_standing_order,
    commands.CancelStandingOrder: cancel_standing_order,
    commands.RunStandingOrder: run_standing_order,
}
