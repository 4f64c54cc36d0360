"""Transfers, deposits and withdrawals, one by one and in bulk: the rules that need no account.

Units: whole minor units. Whether the accounts allow the movement is asked of the accounts' rules;
``..._capped`` says whether it counts against the caps of that side.
"""

from __future__ import annotations

from collections.abc import Collection

from kernel.common.fields import MAX_AMOUNT_MINOR
from kernel.payments.commands import BulkTransfer, Deposit, Transfer, Withdraw
from kernel.payments.events import (
    BulkEntry,
    BulkTransferred,
    Deposited,
    Transferred,
    Withdrawn,
)
from kernel.payments.refusals import BulkTooLarge, SameAccount


def require_two_accounts(payer_account_id: str, payee_account_id: str) -> None:
    """Payer and payee are different accounts."""
    if payer_account_id == payee_account_id:
        raise SameAccount(account_id=payer_account_id)


def transfer(command: Transfer, *, payer_capped: bool, payee_capped: bool) -> Transferred:
    """Move money from one account to another one."""
    require_two_accounts(command.payer_account_id, command.payee_account_id)
    return Transferred(
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


def deposit(command: Deposit, *, capped: bool) -> Deposited:
    """Take money in, over the counter or over clearing."""
    return Deposited(
        account_id=command.account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        source=command.source,
        branch_id=command.branch_id,
        reference=command.reference,
        capped=capped,
    )


def withdraw(command: Withdraw, *, capped: bool) -> Withdrawn:
    """Pay money out, over the counter or over clearing."""
    return Withdrawn(
        ordering_customer_id=command.ordering_customer_id,
        account_id=command.account_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        destination=command.destination,
        branch_id=command.branch_id,
        reference=command.reference,
        capped=capped,
    )


def total_minor(command: BulkTransfer) -> int:
    """What the payer of a bulk transfer pays; refused above the bound of one amount."""
    total = sum(item.amount_minor for item in command.items)
    if total > MAX_AMOUNT_MINOR:
        raise BulkTooLarge(asked_minor=total, max_minor=MAX_AMOUNT_MINOR)
    return total


def credited_minor(command: BulkTransfer) -> dict[str, int]:
    """What each payee's account receives; a payee may stand in several items."""
    credited: dict[str, int] = {}
    for item in command.items:
        account_id = item.payee_account_id
        credited[account_id] = credited.get(account_id, 0) + item.amount_minor
    return credited


def bulk_transfer(
    command: BulkTransfer, *, payer_capped: bool, capped_payees: Collection[str] = ()
) -> BulkTransferred:
    """Pay all items, in one act; ``capped_payees`` are the accounts whose in-caps it uses."""
    total_minor(command)
    for item in command.items:
        require_two_accounts(command.payer_account_id, item.payee_account_id)
    return BulkTransferred(
        ordering_customer_id=command.ordering_customer_id,
        payer_account_id=command.payer_account_id,
        currency=command.currency,
        items=tuple(
            BulkEntry(
                payee_account_id=item.payee_account_id,
                amount_minor=item.amount_minor,
                payee_capped=item.payee_account_id in capped_payees,
                text=item.text,
            )
            for item in command.items
        ),
        payer_capped=payer_capped,
        purpose=command.purpose,
        text=command.text,
    )
