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
from kernel.common.moment import Moment
from kernel.common.refusals import Refusal
from kernel.payments import commands, reversal, standing_orders, transfers, two_phase

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
    transfers.require_two_accounts(command.payer_account_id, command.payee_account_id)
    payer = books.open_account(command.payer_account_id)
    payee = books.open_account(command.payee_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    payer_capped, payee_capped = require_movement(
        payer, payee, command.amount_minor, command.currency, command.purpose, at
    )
    return (transfers.transfer(command, payer_capped=payer_capped, payee_capped=payee_capped),)


def deposit(command: commands.Deposit, books: Books, at: Moment) -> Events:
    """Pay money into an account."""
    account = books.open_account(command.account_id)
    capped = movements.is_capped(account, None, "")
    movements.require_credit(account, command.amount_minor, command.currency, at, capped=capped)
    return (transfers.deposit(command, capped=capped),)


def withdraw(command: commands.Withdraw, books: Books, at: Moment) -> Events:
    """Pay money out of an account."""
    account = books.open_account(command.account_id)
    require_orderer(books, account, command.ordering_customer_id)
    capped = movements.is_capped(account, None, "")
    movements.require_debit(account, command.amount_minor, command.currency, at, capped=capped)
    return (transfers.withdraw(command, capped=capped),)


def bulk_transfer(command: commands.BulkTransfer, books: Books, at: Moment) -> Events:
    """Pay every payee, or refuse the whole."""
    total_minor = transfers.total_minor(command)
    payer = books.open_account(command.payer_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    capped_payees: set[str] = set()
    for payee_account_id, amount_minor in transfers.credited_minor(command).items():
        payee = books.open_account(payee_account_id)
        capped = movements.is_capped(payee, payer, command.purpose)
        movements.require_credit(payee, amount_minor, command.currency, at, capped=capped)
        if capped:
            capped_payees.add(payee_account_id)
    payer_capped = movements.is_capped(payer, None, command.purpose)
    movements.require_debit(payer, total_minor, command.currency, at, capped=payer_capped)
    return (
        transfers.bulk_transfer(command, payer_capped=payer_capped, capped_payees=capped_payees),
    )


def reserve_payment(command: commands.ReservePayment, books: Books, at: Moment) -> Events:
    """First phase: set the money aside; the payee must be able to take it."""
    reserved = two_phase.reserve(command, at)
    payer = books.open_account(command.payer_account_id)
    payee = books.open_account(command.payee_account_id)
    require_orderer(books, payer, command.ordering_customer_id)
    require_movement(payer, payee, command.amount_minor, command.currency, "", at)
    return (reserved,)


def capture_payment(command: commands.CapturePayment, books: Books, at: Moment) -> Events:
    """Second phase: pay; restraints and caps count as they are now."""
    payment = books.payment(command.payment_id)
    two_phase.require_reserved(payment, command.payment_id, at)
    payer = books.open_account(payment.payer_account_id)
    payee = books.open_account(payment.payee_account_id)
    payer_capped, payee_capped = require_movement(
        payer,
        payee,
        two_phase.capture_minor(command, payment),
        payment.currency,
        "",
        at,
        held_minor=payment.reserved_minor,
    )
    captured = two_phase.capture(
        command, payment, at, payer_capped=payer_capped, payee_capped=payee_capped
    )
    return (captured,)


def release_payment(command: commands.ReleasePayment, books: Books, at: Moment) -> Events:
    """Second phase: give the payment up."""
    return (two_phase.release(command, books.payment(command.payment_id), at),)


def reverse_payment(command: commands.ReversePayment, books: Books, at: Moment) -> Events:
    """Take a payment back from whoever got it."""
    payment = books.payment(command.payment_id)
    reversal.require_reversible(payment, command.payment_id)
    standings = {
        account_id: _standing(books.account(account_id), at) for account_id in payment.account_ids
    }
    return (reversal.reverse(command, payment, standings),)


def _standing(account: AccountState, at: Moment) -> reversal.ReversalStanding:
    """How an account stands for a reversal; nothing is taken from one whose debits are stopped."""
    on = at.booking_date
    stopped = stopping(binding(account.restraints, on), RestraintDirection.DEBIT)
    return reversal.ReversalStanding(
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
    return (standing_orders.set_standing_order(command, state, at),)


def cancel_standing_order(
    command: commands.CancelStandingOrder, books: Books, at: Moment
) -> Events:
    """End a standing order."""
    state = books.standing_order(command.standing_order_id)
    return (standing_orders.cancel_standing_order(command, state),)


def run_standing_order(command: commands.RunStandingOrder, books: Books, at: Moment) -> Events:
    """Pay one due date; when an account says no, the miss is recorded with its reason."""
    order = books.standing_order(command.standing_order_id)
    standing_orders.require_due(command, order, at)
    try:
        payer = books.open_account(order.payer_account_id)
        payee = books.open_account(order.payee_account_id)
        payer_capped, payee_capped = require_movement(
            payer, payee, order.amount_minor, order.currency, "", at
        )
    except Refusal as refusal:
        return (standing_orders.miss_standing_order(command, order, at, refusal),)
    paid = standing_orders.pay_standing_order(
        command, order, at, payer_capped=payer_capped, payee_capped=payee_capped
    )
    return (paid,)


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
