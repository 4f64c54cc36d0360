"""Taking a payment back: the mirror of its legs, once.

Units: whole minor units. Sign: debit positive.
Source: 会计基础工作规范 (corrections are entries of their own; nothing is erased). What cannot be
taken back becomes a claim of the bank (1221), what cannot be given back a debt (224102).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kernel.common.facts import Event
from kernel.common.legs import CapUse, InternalAccount, Leg, internal, is_internal
from kernel.payments.commands import OnShortfall, ReversePayment
from kernel.payments.events import (
    BulkTransferred,
    Deposited,
    LegPurpose,
    PaymentCaptured,
    PaymentReserved,
    PaymentReversed,
    StandingOrderPaid,
    Transferred,
    Withdrawn,
)
from kernel.payments.refusals import (
    PaymentAlreadyReversed,
    PaymentNotFound,
    PaymentNotReversible,
    ReversalOfClosedAccount,
    ReversalShortfall,
)
from kernel.payments.state import PaymentState

REVERSIBLE = (
    Transferred,
    Deposited,
    Withdrawn,
    PaymentCaptured,
    BulkTransferred,
    StandingOrderPaid,
)


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """How an account of the payment stands today.

    ``available_minor`` is what a debit may take; 0 when debits are stopped.
    """

    is_open: bool
    available_minor: int
    branch_id: str


def require_reversible(command: ReversePayment, state: PaymentState) -> Event:
    """The event that made the payment, if it may be reversed and was not."""
    event = state.event
    if event is None or not (event.legs or isinstance(event, PaymentReserved)):
        raise PaymentNotFound(payment_id=command.payment_id)
    if not isinstance(event, REVERSIBLE):
        raise PaymentNotReversible(payment_id=command.payment_id, event=type(event).__name__)
    if state.reversed_by:
        raise PaymentAlreadyReversed(payment_id=command.payment_id, reversed_by=state.reversed_by)
    return event


def reverse_payment(
    command: ReversePayment, state: PaymentState, sides: Mapping[str, Side]
) -> PaymentReversed:
    """The reversal of a payment.

    ``sides`` holds every customer's account of the original. With ``REFUSE`` a shortfall or a closed
    account is refused with its figures; with ``RECEIVABLE`` the bank claims the shortfall, and money
    for a closed account waits on pending.
    """
    original = require_reversible(command, state)
    legs: list[Leg] = []
    taken: dict[str, int] = {}
    for leg in original.legs:
        mirrored = Leg(
            account=leg.account,
            amount_minor=-leg.amount_minor,
            currency=leg.currency,
            purpose=LegPurpose.REVERSAL,
        )
        if is_internal(leg.account):
            legs.append(mirrored)
            continue
        side = sides[leg.account]
        if not side.is_open and command.on_shortfall is OnShortfall.REFUSE:
            raise ReversalOfClosedAccount(account_id=leg.account, payment_id=command.payment_id)
        if mirrored.amount_minor < 0:
            legs.append(mirrored if side.is_open else _at_bank(mirrored, side, give=True))
        else:
            legs += _take_back(command, mirrored, side, taken)
    return PaymentReversed(
        payment_id=command.payment_id,
        original_booking_date=state.booking_date,
        reversing_legs=tuple(leg for leg in legs if leg.amount_minor),
        given_back=tuple(
            CapUse(
                account=use.account,
                direction=use.direction,
                amount_minor=-use.amount_minor,
                on=use.on or state.booking_date,
            )
            for use in original.cap_uses
        ),
        reason=command.reason,
    )


def _take_back(command: ReversePayment, leg: Leg, side: Side, taken: dict[str, int]) -> list[Leg]:
    """Debit what is there; the rest is refused or becomes a claim of the bank.

    ``taken`` sums what earlier legs of this reversal took from each account.
    """
    before = taken.get(leg.account, 0)
    available_minor = max(side.available_minor - before, 0) if side.is_open else 0
    from_account_minor = min(leg.amount_minor, available_minor)
    if from_account_minor < leg.amount_minor and command.on_shortfall is OnShortfall.REFUSE:
        raise ReversalShortfall(
            account_id=leg.account, asked_minor=leg.amount_minor, available_minor=available_minor
        )
    taken[leg.account] = before + from_account_minor
    replace = msgspec.structs.replace
    claim = replace(leg, amount_minor=leg.amount_minor - from_account_minor)
    return [
        replace(leg, amount_minor=from_account_minor),
        _at_bank(claim, side, give=False),
    ]


def _at_bank(leg: Leg, side: Side, *, give: bool) -> Leg:
    """The leg on the bank's own account at the branch: a debt to the payer, or a claim."""
    kind = InternalAccount.PENDING if give else InternalAccount.RECEIVABLE
    return msgspec.structs.replace(leg, account=internal(kind, side.branch_id))
