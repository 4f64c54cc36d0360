"""The states of a payment and of a standing order, folded from the log.

Units: whole minor units. A payment's first fact is the one at its position, whoever wrote it; what
happens to it later is indexed under ``payment:POSITION``.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.common.facts import Event, Fact
from kernel.common.legs import CapUse, Leg, are_balanced, is_internal
from kernel.payments.commands import Every
from kernel.payments.events import (
    LegPurpose,
    PaymentCaptured,
    PaymentReleased,
    PaymentReserved,
    PaymentReversed,
    StandingOrderCancelled,
    StandingOrderMissed,
    StandingOrderPaid,
    StandingOrderSet,
)

PAYMENT_PURPOSES = frozenset(
    {
        LegPurpose.TRANSFER,
        LegPurpose.CASH,
        LegPurpose.CLEARING,
        LegPurpose.STANDING_ORDER,
        "HOLD_CAPTURE",
        "FEE",
    }
)
"""Purposes of the legs of a payment. A captured hold and a fee are the accounts' events, and
payments too."""


class Phase(StrEnum):
    """Where a payment stands."""

    NONE = "NONE"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    MADE = "MADE"
    REVERSED = "REVERSED"
    REVERSAL = "REVERSAL"
    CAPTURE = "CAPTURE"


class PaymentState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a payment stands.

    ``legs`` and ``cap_uses`` are those of the event that made it, which was booked on
    ``booked_on``. ``CAPTURE`` and ``REVERSAL`` mark positions that are no payments of their own:
    ``belongs_to`` names the payment. The fields of a reservation are empty for other payments.
    """

    payment_id: int = 0
    phase: Phase = Phase.NONE
    belongs_to: int = 0
    reversed_at: int = 0
    booked_on: datetime.date = datetime.date.min
    legs: tuple[Leg, ...] = ()
    cap_uses: tuple[CapUse, ...] = ()
    payer_account_id: str = ""
    payee_account_id: str = ""
    ordering_customer_id: str = ""
    currency: str = ""
    hold_id: str = ""
    expires_on: datetime.date = datetime.date.min
    text: str = ""
    reserved_minor: int = 0
    captured_minor: int = 0
    released_minor: int = 0

    @property
    def account_ids(self) -> tuple[str, ...]:
        """Every customer's account of the payment, each once."""
        named = [leg.account for leg in self.legs if not is_internal(leg.account)]
        return tuple(dict.fromkeys(named or filter(None, (self.payer_account_id,))))


INITIAL_PAYMENT = PaymentState()


def evolve_payment(state: PaymentState, fact: Fact) -> PaymentState:
    """Fold one fact: the one at the payment's position first, then what happened to the payment."""
    event = fact.event
    if state.phase is Phase.NONE:
        return _born(event, fact)
    match event:
        case PaymentCaptured():
            return msgspec.structs.replace(
                state,
                phase=Phase.MADE,
                booked_on=fact.booking_date,
                legs=event.legs,
                cap_uses=event.cap_uses,
                captured_minor=event.amount_minor,
                released_minor=event.released_minor,
            )
        case PaymentReleased():
            return msgspec.structs.replace(
                state, phase=Phase.RELEASED, released_minor=event.amount_minor
            )
        case PaymentReversed():
            return msgspec.structs.replace(state, phase=Phase.REVERSED, reversed_at=fact.position)
        case _:
            return state


def _born(event: Event, fact: Fact) -> PaymentState:
    """The state after the fact at the payment's position; no payment for events of other kinds."""
    match event:
        case PaymentReserved():
            return PaymentState(
                payment_id=fact.position,
                phase=Phase.RESERVED,
                payer_account_id=event.payer_account_id,
                payee_account_id=event.payee_account_id,
                ordering_customer_id=event.ordering_customer_id,
                currency=event.currency,
                hold_id=event.hold_id,
                expires_on=event.expires_on,
                text=event.text,
                reserved_minor=event.amount_minor,
            )
        case PaymentCaptured():
            return PaymentState(
                payment_id=fact.position, phase=Phase.CAPTURE, belongs_to=event.payment_id
            )
        case PaymentReversed():
            return PaymentState(
                payment_id=fact.position, phase=Phase.REVERSAL, belongs_to=event.payment_id
            )
    legs = event.legs
    if not legs or any(leg.purpose not in PAYMENT_PURPOSES for leg in legs):
        return INITIAL_PAYMENT
    return PaymentState(
        payment_id=fact.position,
        phase=Phase.MADE,
        booked_on=fact.booking_date,
        legs=legs,
        cap_uses=event.cap_uses,
    )


def payment_invariants(state: PaymentState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    assert are_balanced(state.legs), f"legs of payment {state.payment_id} do not sum to zero"
    ended_minor = state.captured_minor + state.released_minor
    assert 0 <= ended_minor <= state.reserved_minor, f"{ended_minor} of {state.reserved_minor}"
    assert (state.phase is Phase.REVERSED) == (state.reversed_at > 0)
    if state.phase in (Phase.MADE, Phase.REVERSED):
        assert state.legs, f"payment {state.payment_id} moved nothing"


class StandingOrderState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A standing order, and how far it was run. ``every`` is None before it is set."""

    standing_order_id: str = ""
    ordering_customer_id: str = ""
    payer_account_id: str = ""
    payee_account_id: str = ""
    amount_minor: int = 0
    currency: str = ""
    first_on: datetime.date = datetime.date.max
    every: Every | None = None
    interval: int = 1
    last_on: datetime.date | None = None
    text: str = ""
    last_due_on: datetime.date | None = None
    is_cancelled: bool = False

    @property
    def exists(self) -> bool:
        """Whether it was ever set."""
        return self.every is not None


INITIAL_STANDING_ORDER = StandingOrderState()


def evolve_standing_order(state: StandingOrderState, fact: Fact) -> StandingOrderState:
    """Fold one fact; a due date that was missed is run, as one that was paid is."""
    match fact.event:
        case StandingOrderSet() as event:
            return StandingOrderState(
                standing_order_id=event.standing_order_id,
                ordering_customer_id=event.ordering_customer_id,
                payer_account_id=event.payer_account_id,
                payee_account_id=event.payee_account_id,
                amount_minor=event.amount_minor,
                currency=event.currency,
                first_on=event.first_on,
                every=event.every,
                interval=event.interval,
                last_on=event.last_on,
                text=event.text,
            )
        case StandingOrderPaid(due_on=due_on) | StandingOrderMissed(due_on=due_on):
            return msgspec.structs.replace(state, last_due_on=due_on)
        case StandingOrderCancelled():
            return msgspec.structs.replace(state, is_cancelled=True)
        case _:
            return state


def standing_order_invariants(state: StandingOrderState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    if state.last_due_on is not None:
        assert state.first_on <= state.last_due_on, "run before its first day"
        assert state.last_on is None or state.last_due_on <= state.last_on, "run behind its end"
