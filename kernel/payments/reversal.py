"""Taking a payment back: once, by a new event that mirrors the legs of the original.

Units: whole minor units. Sign: debit positive; the payee's account is debited, the payer's
credited. Mirror legs keep the purpose of the original, so they are posted where it was posted.
Source: 会计基础工作规范 (a mistake is put right by a new entry, nothing is erased); what cannot be
taken back becomes a claim of the bank (subject 1221), what cannot be given back stays payable
(subject 2241).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kernel.common.legs import CapUse, InternalAccount, Leg, internal, is_internal
from kernel.payments.commands import OnShortfall, ReversePayment
from kernel.payments.events import LegPurpose, PaymentReversed
from kernel.payments.refusals import (
    PaymentAlreadyReversed,
    PaymentNotReversible,
    ReversalShortfall,
)
from kernel.payments.state import PaymentState, Phase
from kernel.payments.two_phase import require_payment


class ReversalStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a reversal needs to know of an account.

    ``available_minor`` is what may be taken from it now: zero when its debits are stopped.
    ``branch_id`` keeps the claim or the debt that the bank is left with.
    """

    is_open: bool
    available_minor: int
    branch_id: str


def require_reversible(payment: PaymentState, payment_id: int) -> None:
    """The payment was made, is no reversal itself, and was not reversed."""
    require_payment(payment, payment_id)
    if payment.phase is Phase.REVERSED:
        raise PaymentAlreadyReversed(payment_id=payment_id, reversed_at=payment.reversed_at)
    if payment.phase is not Phase.MADE:
        raise PaymentNotReversible(payment_id=payment_id, phase=payment.phase.value)


def reverse(
    command: ReversePayment,
    payment: PaymentState,
    standings: Mapping[str, ReversalStanding],
) -> PaymentReversed:
    """Mirror the payment; ``standings`` holds every account of ``payment.account_ids``.

    A payee who lacks the money, or whose account is closed, owes the rest to the bank when
    ``on_shortfall`` says so, else the reversal is refused. A closed payer's money waits on pending.
    The use of caps is given back on the day that it counted on.
    """
    require_reversible(payment, command.payment_id)
    left_minor = {
        account: max(standing.available_minor, 0) if standing.is_open else 0
        for account, standing in standings.items()
    }
    legs: list[Leg] = []
    for leg in payment.legs:
        mirror = msgspec.structs.replace(leg, amount_minor=-leg.amount_minor)
        if is_internal(leg.account):
            legs.append(mirror)
            continue
        standing = standings[leg.account]
        if mirror.amount_minor < 0:
            legs.append(_given_back(mirror, standing))
            continue
        taken_minor = min(mirror.amount_minor, left_minor[leg.account])
        left_minor[leg.account] -= taken_minor
        legs += _taken_back(mirror, taken_minor, standing, command.on_shortfall)
    return PaymentReversed(
        payment_id=command.payment_id,
        original_booking_date=payment.booked_on,
        reversing_legs=tuple(legs),
        given_back=_caps_given_back(payment),
        reason=command.reason,
    )


def _given_back(mirror: Leg, standing: ReversalStanding) -> Leg:
    """The payer's money back: on its account, or on pending when that is closed."""
    if standing.is_open:
        return mirror
    return _claim(mirror, InternalAccount.PENDING, standing, mirror.amount_minor)


def _taken_back(
    mirror: Leg, taken_minor: int, standing: ReversalStanding, on_shortfall: OnShortfall
) -> list[Leg]:
    """The payee's money back: from its account, and the rest as a claim of the bank."""
    if taken_minor == mirror.amount_minor:
        return [mirror]
    if on_shortfall is OnShortfall.REFUSE:
        raise ReversalShortfall(
            account_id=mirror.account,
            asked_minor=mirror.amount_minor,
            available_minor=taken_minor,
        )
    rest_minor = mirror.amount_minor - taken_minor
    claim = _claim(mirror, InternalAccount.RECEIVABLE, standing, rest_minor)
    if not taken_minor:
        return [claim]
    return [msgspec.structs.replace(mirror, amount_minor=taken_minor), claim]


def _claim(
    mirror: Leg, account: InternalAccount, standing: ReversalStanding, amount_minor: int
) -> Leg:
    return Leg(
        account=internal(account, standing.branch_id),
        amount_minor=amount_minor,
        currency=mirror.currency,
        purpose=LegPurpose.REVERSAL,
    )


def _caps_given_back(payment: PaymentState) -> tuple[CapUse, ...]:
    return tuple(
        CapUse(
            account=use.account,
            direction=use.direction,
            amount_minor=-use.amount_minor,
            on=use.on or payment.booked_on,
        )
        for use in payment.cap_uses
    )
