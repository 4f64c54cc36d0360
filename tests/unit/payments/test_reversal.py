"""Reversals: once, the exact mirror, and what happens when the money is gone."""

from __future__ import annotations

import pytest

from kernel.accounts.events import AccountMarkedDormant, HoldCaptured
from kernel.common.legs import CapUse, Direction, are_balanced
from kernel.payments.commands import MoneySource, TransferPurpose
from kernel.payments.events import (
    BulkEntry,
    BulkTransferred,
    LegPurpose,
    PaymentCaptured,
    StandingOrderPaid,
    Transferred,
)
from kernel.payments.refusals import (
    NamedByReservation,
    PaymentAlreadyReversed,
    PaymentNotFound,
    PaymentNotReversible,
    ReversalShortfall,
)
from kernel.payments.reversal import ReversalStanding, reverse
from kernel.payments.state import PaymentState, Phase
from kernel.payments.two_phase import capture, reserve
from tests.support.bank_facts import DAY_1, DAY_2, deposited, withdrawn
from tests.unit.payments.bank import (
    CLOSED,
    LAN,
    MEI,
    OPEN_AND_RICH,
    capture_order,
    figures,
    holding,
    moment,
    payment,
    reservation_order,
    reversal_order,
    sums,
)

BOTH_OPEN = {MEI: OPEN_AND_RICH, LAN: OPEN_AND_RICH}


def transferred(amount_minor: int = 500) -> Transferred:
    return Transferred(
        ordering_customer_id="mei",
        payer_account_id=MEI,
        payee_account_id=LAN,
        amount_minor=amount_minor,
        currency="CNY",
        payer_capped=True,
        payee_capped=True,
        purpose=TransferPurpose.ORDINARY,
    )


def captured() -> PaymentCaptured:
    reserved = payment(reserve(reservation_order(), moment()))
    return capture(capture_order(200), reserved, moment(), payer_capped=False, payee_capped=False)


def test_a_reversal_mirrors_the_legs_and_keeps_their_purpose() -> None:
    event = reverse(reversal_order(), payment(transferred()), BOTH_OPEN)
    assert sums(event) == {MEI: -500, LAN: 500}
    assert {leg.purpose for leg in event.legs} == {LegPurpose.TRANSFER}
    assert event.original_booking_date == DAY_1
    assert event.entities == ("payment:7", f"account:{MEI}", f"account:{LAN}")


def test_a_reversal_gives_the_use_of_caps_back_on_the_day_it_counted_on() -> None:
    event = reverse(reversal_order(), payment(transferred()), BOTH_OPEN)
    assert event.cap_uses == (
        CapUse(account=MEI, direction=Direction.OUT, amount_minor=-500, on=DAY_1),
        CapUse(account=LAN, direction=Direction.IN, amount_minor=-500, on=DAY_1),
    )


def test_cash_paid_in_by_mistake_is_taken_out_of_the_till_again() -> None:
    state = payment(deposited(MEI, 300))
    event = reverse(reversal_order(), state, {MEI: OPEN_AND_RICH})
    assert sums(event) == {"@CASH:0755": -300, MEI: 300}


def test_money_sent_out_by_mistake_comes_back_to_the_account() -> None:
    state = payment(withdrawn(MEI, 300, destination=MoneySource.CLEARING))
    event = reverse(reversal_order(), state, {MEI: OPEN_AND_RICH})
    assert sums(event) == {MEI: -300, "@CLEARING:0755": 300}


def test_a_standing_orders_payment_is_reversible() -> None:
    paid = StandingOrderPaid(
        standing_order_id="rent",
        due_on=DAY_1,
        payer_account_id=MEI,
        payee_account_id=LAN,
        amount_minor=500,
        currency="CNY",
    )
    assert sums(reverse(reversal_order(), payment(paid), BOTH_OPEN)) == {MEI: -500, LAN: 500}


def test_a_captured_hold_is_a_payment_and_reversible() -> None:
    paid = HoldCaptured(
        account_id=MEI, hold_id="H-1", amount_minor=80, currency="CNY", payee_account_id=LAN
    )
    assert sums(reverse(reversal_order(), payment(paid), BOTH_OPEN)) == {MEI: -80, LAN: 80}


def test_a_captured_payment_is_reversed_by_its_reservation_on_the_day_of_the_capture() -> None:
    state = payment(reserve(reservation_order(), moment()), captured())
    event = reverse(reversal_order(), state, BOTH_OPEN)
    assert sums(event) == {MEI: -200, LAN: 200}
    assert event.original_booking_date == DAY_2


def test_a_capture_named_by_its_own_position_is_refused() -> None:
    with pytest.raises(NamedByReservation):
        reverse(reversal_order(payment_id=9), payment(captured(), since=9), BOTH_OPEN)


def test_a_payment_is_reversed_once() -> None:
    reversal = reverse(reversal_order(), payment(transferred()), BOTH_OPEN)
    with pytest.raises(PaymentAlreadyReversed) as refused:
        reverse(reversal_order(), payment(transferred(), reversal), BOTH_OPEN)
    assert figures(refused.value) == {"payment_id": 7, "reversed_at": 8}


def test_a_reversal_is_not_reversed() -> None:
    reversal = reverse(reversal_order(), payment(transferred()), BOTH_OPEN)
    with pytest.raises(PaymentNotReversible) as refused:
        reverse(reversal_order(payment_id=9), payment(reversal, since=9), BOTH_OPEN)
    assert figures(refused.value) == {"payment_id": 9, "phase": "REVERSAL"}


def test_a_reservation_is_released_and_not_reversed() -> None:
    state = payment(reserve(reservation_order(), moment()))
    with pytest.raises(PaymentNotReversible) as refused:
        reverse(reversal_order(), state, BOTH_OPEN)
    assert figures(refused.value)["phase"] == "RESERVED"


def test_an_event_that_moved_no_money_is_no_payment() -> None:
    state = payment(AccountMarkedDormant(account_id=MEI, reason="unused"))
    with pytest.raises(PaymentNotFound):
        reverse(reversal_order(), state, BOTH_OPEN)


def test_a_payee_without_the_money_stops_the_reversal() -> None:
    with pytest.raises(ReversalShortfall) as refused:
        reverse(reversal_order(), payment(transferred()), {**BOTH_OPEN, LAN: holding(499)})
    assert figures(refused.value) == {
        "account_id": LAN,
        "asked_minor": 500,
        "available_minor": 499,
    }


def test_a_payee_with_exactly_the_money_gives_it_back() -> None:
    event = reverse(reversal_order(), payment(transferred()), {**BOTH_OPEN, LAN: holding(500)})
    assert sums(event) == {MEI: -500, LAN: 500}


def test_the_bank_claims_what_the_payee_lacks_at_the_payees_branch() -> None:
    event = reverse(
        reversal_order(on_shortfall="RECEIVABLE"),
        payment(transferred()),
        {**BOTH_OPEN, LAN: holding(120, branch_id="0512")},
    )
    assert sums(event) == {MEI: -500, LAN: 120, "@RECEIVABLE:0512": 380}
    assert event.legs[-1].purpose == LegPurpose.REVERSAL
    assert [use.amount_minor for use in event.cap_uses] == [-500, -500]


@pytest.mark.parametrize("payee", [holding(0), holding(-50), CLOSED])
def test_the_bank_claims_everything_from_a_payee_with_nothing_or_gone(
    payee: ReversalStanding,
) -> None:
    event = reverse(
        reversal_order(on_shortfall="RECEIVABLE"),
        payment(transferred()),
        {MEI: OPEN_AND_RICH, LAN: payee},
    )
    assert sums(event) == {MEI: -500, "@RECEIVABLE:0755": 500}


def test_a_closed_payee_stops_the_reversal_unless_the_bank_claims() -> None:
    with pytest.raises(ReversalShortfall) as refused:
        reverse(reversal_order(), payment(transferred()), {**BOTH_OPEN, LAN: CLOSED})
    assert figures(refused.value)["available_minor"] == 0


def test_the_money_of_a_closed_payer_waits_on_pending() -> None:
    event = reverse(reversal_order(), payment(transferred()), {**BOTH_OPEN, MEI: CLOSED})
    assert sums(event) == {"@PENDING:0755": -500, LAN: 500}


def test_items_of_a_bulk_to_one_payee_share_what_the_payee_has() -> None:
    bulk = BulkTransferred(
        ordering_customer_id="mei",
        payer_account_id=MEI,
        currency="CNY",
        items=(
            BulkEntry(payee_account_id=LAN, amount_minor=300),
            BulkEntry(payee_account_id=LAN, amount_minor=200),
        ),
    )
    event = reverse(
        reversal_order(on_shortfall="RECEIVABLE"),
        payment(bulk),
        {**BOTH_OPEN, LAN: holding(350)},
    )
    assert sums(event) == {MEI: -500, LAN: 350, "@RECEIVABLE:0755": 150}
    assert are_balanced(event.legs)


def test_a_payments_accounts_are_named_once_each() -> None:
    assert payment(transferred()).account_ids == (MEI, LAN)
    assert payment(deposited(MEI, 5)).account_ids == (MEI,)
    assert PaymentState().account_ids == ()


def test_a_reversed_payment_tells_where() -> None:
    reversal = reverse(reversal_order(), payment(transferred()), BOTH_OPEN)
    state = payment(transferred(), reversal)
    assert (state.phase, state.reversed_at) == (Phase.REVERSED, 8)
    assert state.booked_on == DAY_1
