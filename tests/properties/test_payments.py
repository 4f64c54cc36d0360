"""Payments in any order of commands: balanced, never more than reserved, reversed at most once."""

from __future__ import annotations

import datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kernel.common.facts import Event
from kernel.common.fields import shaped
from kernel.common.legs import are_balanced
from kernel.common.refusals import Refusal
from kernel.payments.commands import Every, OnShortfall, ReleasePayment
from kernel.payments.refusals import (
    CaptureTooLarge,
    PaymentAlreadyReversed,
    PaymentNotReserved,
    PaymentNotReversible,
    ReservationExpired,
    ReversalShortfall,
)
from kernel.payments.reversal import ReversalStanding, reverse
from kernel.payments.schedule import due_date, next_due
from kernel.payments.state import INITIAL_PAYMENT, evolve_payment, payment_invariants
from kernel.payments.transfers import transfer
from kernel.payments.two_phase import capture, release, reserve
from tests.support.bank_facts import DAY_1, fact
from tests.unit.payments.bank import (
    LAN,
    MEI,
    OPEN_AND_RICH,
    capture_order,
    moment,
    payment,
    reservation_order,
    reversal_order,
    transfer_order,
)

amounts = st.integers(min_value=1, max_value=10**15)
standings = st.builds(
    ReversalStanding,
    is_open=st.booleans(),
    available_minor=st.integers(min_value=-(10**6), max_value=10**6),
    branch_id=st.sampled_from(["0755", "0512"]),
)


class TwoPhasePayment(RuleBasedStateMachine):
    """One reserved payment, to which everything is tried that can be asked, day after day."""

    def __init__(self) -> None:
        super().__init__()
        self.on = DAY_1
        self.position = 7
        self.state = INITIAL_PAYMENT
        self.events: list[Event] = []

    @initialize(amount_minor=st.integers(1, 10**6), days=st.integers(1, 20))
    def reserve(self, amount_minor: int, days: int) -> None:
        expires_on = DAY_1 + datetime.timedelta(days=days)
        order = reservation_order(amount_minor=amount_minor, expires_on=str(expires_on))
        self.reserved_minor, self.expires_on = amount_minor, expires_on
        self._happened(reserve(order, moment(DAY_1, self.position)))

    @rule(days=st.integers(0, 5))
    def days_pass(self, days: int) -> None:
        self.on += datetime.timedelta(days=days)

    @rule(amount_minor=st.none() | st.integers(1, 10**6), capped=st.booleans())
    def capture(self, amount_minor: int | None, capped: bool) -> None:
        try:
            event = capture(
                capture_order(amount_minor),
                self.state,
                moment(self.on),
                payer_capped=capped,
                payee_capped=capped,
            )
        except CaptureTooLarge:
            assert amount_minor is not None
            assert amount_minor > self.reserved_minor
        except (PaymentNotReserved, ReservationExpired) as refusal:
            self._ended(refusal)
        else:
            assert self.on < self.expires_on
            self._happened(event)

    @rule()
    def release(self) -> None:
        order = shaped(ReleasePayment, {"payment_id": 7, "reason": "given up"})
        try:
            event = release(order, self.state, moment(self.on))
        except (PaymentNotReserved, ReservationExpired) as refusal:
            self._ended(refusal)
        else:
            self._happened(event)

    @rule(payer=standings, payee=standings, on_shortfall=st.sampled_from(list(OnShortfall)))
    def reverse(
        self, payer: ReversalStanding, payee: ReversalStanding, on_shortfall: OnShortfall
    ) -> None:
        order = reversal_order(on_shortfall=on_shortfall.value)
        reversals = [event for event in self.events if type(event).__name__ == "PaymentReversed"]
        try:
            event = reverse(order, self.state, {MEI: payer, LAN: payee})
        except PaymentAlreadyReversed:
            assert reversals
        except PaymentNotReversible:
            assert not any(event.legs for event in self.events)
        except ReversalShortfall as refusal:
            assert on_shortfall is OnShortfall.REFUSE
            available = refusal.figures["available_minor"]
            assert available == (max(payee.available_minor, 0) if payee.is_open else 0)
        else:
            assert not reversals
            self._happened(event)

    def _ended(self, refusal: Refusal) -> None:
        """The reservation had come to its end, by an event or by its day."""
        if isinstance(refusal, ReservationExpired):
            assert self.on >= self.expires_on
        else:
            assert len(self.events) > 1

    def _happened(self, event: Event) -> None:
        self.state = evolve_payment(self.state, fact(event, self.position, self.on))
        self.events.append(event)
        self.position += 1

    @invariant()
    def holds(self) -> None:
        payment_invariants(self.state)

    @invariant()
    def every_event_is_balanced(self) -> None:
        assert all(are_balanced(event.legs) for event in self.events)

    @invariant()
    def the_hold_is_never_overdrawn(self) -> None:
        left = sum(change.amount_minor for event in self.events for change in event.hold_changes)
        assert left in (0, getattr(self, "reserved_minor", 0))

    @invariant()
    def what_a_reversal_leaves_is_the_banks_own(self) -> None:
        if self.state.reversed_at:
            net: dict[str, int] = {}
            for event in self.events:
                for leg in event.legs:
                    net[leg.account] = net.get(leg.account, 0) + leg.amount_minor
            owed_by_payee = -net.get(LAN, 0)
            claimed = sum(minor for name, minor in net.items() if name.startswith("@RECEIVABLE"))
            assert owed_by_payee == claimed


TestTwoPhasePayment = TwoPhasePayment.TestCase
TestTwoPhasePayment.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


@settings(max_examples=50, deadline=None)
@given(amount_minor=amounts, payer_capped=st.booleans(), payee_capped=st.booleans())
def test_a_transfer_and_its_reversal_leave_nothing(
    amount_minor: int, payer_capped: bool, payee_capped: bool
) -> None:
    original = transfer(
        transfer_order(amount_minor=amount_minor),
        payer_capped=payer_capped,
        payee_capped=payee_capped,
    )
    rich = ReversalStanding(is_open=True, available_minor=amount_minor, branch_id="0755")
    reversal = reverse(reversal_order(), payment(original), {MEI: OPEN_AND_RICH, LAN: rich})
    net: dict[tuple[str, ...], int] = {}
    for leg in original.legs + reversal.legs:
        key = (leg.account, leg.currency, leg.purpose)
        net[key] = net.get(key, 0) + leg.amount_minor
    for use in original.cap_uses + reversal.cap_uses:
        key = (use.account, use.direction, str(use.on or DAY_1))
        net[key] = net.get(key, 0) + use.amount_minor
    assert set(net.values()) == {0}


@settings(max_examples=50, deadline=None)
@given(
    first_on=st.dates(max_value=datetime.date(9000, 1, 1)),
    every=st.sampled_from(list(Every)),
    interval=st.integers(1, 366),
    later=st.integers(0, 3000),
)
def test_the_next_due_date_is_the_first_one_behind_a_day(
    first_on: datetime.date, every: Every, interval: int, later: int
) -> None:
    after = first_on + datetime.timedelta(days=later)
    times = 0
    while (day := due_date(first_on, every, interval, times)) is not None and day <= after:
        times += 1
    assert next_due(first_on, every, interval, None, after) == day
