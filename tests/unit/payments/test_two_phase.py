"""Payments in two phases: reserved, then captured or released, once."""

from __future__ import annotations

import datetime

import pytest

from kernel.common.fields import shaped
from kernel.payments.commands import ReleasePayment
from kernel.payments.events import PaymentReleased, PaymentReserved
from kernel.payments.refusals import (
    CaptureTooLarge,
    NamedByReservation,
    PaymentNotFound,
    PaymentNotReserved,
    ReservationExpired,
    ReservationExpiryOutOfRange,
    SameAccount,
)
from kernel.payments.state import Phase
from kernel.payments.two_phase import capture, capture_minor, release, reserve
from tests.support.bank_facts import DAY_1, DAY_3
from tests.unit.payments.bank import (
    LAN,
    MEI,
    capture_order,
    figures,
    moment,
    payment,
    reservation_order,
    sums,
)

GIVE_UP = shaped(ReleasePayment, {"payment_id": 7, "reason": "changed my mind"})


def reserved() -> PaymentReserved:
    return reserve(reservation_order(), moment())


def test_a_reservation_sets_money_aside_under_the_name_of_its_position() -> None:
    event = reserved()
    assert event.legs == ()
    (hold,) = event.hold_changes
    assert (hold.hold_id, hold.account, hold.amount_minor) == ("payment-7", MEI, 500)
    assert hold.expires_on == DAY_3


@pytest.mark.parametrize("expires_on", ["2026-03-02", "2026-03-01", "2027-03-04"])
def test_a_reservation_ends_after_today_and_within_a_year(expires_on: str) -> None:
    with pytest.raises(ReservationExpiryOutOfRange) as refused:
        reserve(reservation_order(expires_on=expires_on), moment(DAY_1))
    assert figures(refused.value)["expires_on"] == expires_on
    assert figures(refused.value)["latest"] == "2027-03-03"


def test_nobody_reserves_for_the_same_account() -> None:
    with pytest.raises(SameAccount):
        reserve(reservation_order(payee_account_id=MEI), moment())


def test_a_capture_pays_all_that_was_reserved() -> None:
    event = capture(
        capture_order(), payment(reserved()), moment(), payer_capped=False, payee_capped=False
    )
    assert sums(event) == {MEI: 500, LAN: -500}
    assert event.hold_changes[0].amount_minor == -500
    assert event.released_minor == 0
    assert "payment:7" in event.entities


def test_a_capture_of_a_part_lets_the_rest_go() -> None:
    event = capture(
        capture_order(120), payment(reserved()), moment(), payer_capped=True, payee_capped=False
    )
    assert sums(event) == {MEI: 120, LAN: -120}
    assert event.released_minor == 380
    assert event.hold_changes[0].amount_minor == -500
    assert [use.amount_minor for use in event.cap_uses] == [120]


def test_no_more_is_captured_than_was_reserved() -> None:
    assert capture_minor(capture_order(500), payment(reserved())) == 500
    with pytest.raises(CaptureTooLarge) as refused:
        capture_minor(capture_order(501), payment(reserved()))
    assert figures(refused.value) == {
        "payment_id": 7,
        "asked_minor": 501,
        "reserved_minor": 500,
    }


def test_a_release_lets_everything_go() -> None:
    event = release(GIVE_UP, payment(reserved()), moment())
    assert event.hold_changes[0].amount_minor == -500
    assert event.legs == ()
    assert payment(reserved(), event).phase is Phase.RELEASED


def test_a_captured_payment_is_neither_captured_nor_released_again() -> None:
    start = reserved()
    done = capture(
        capture_order(), payment(start), moment(), payer_capped=False, payee_capped=False
    )
    state = payment(start, done)
    with pytest.raises(PaymentNotReserved) as again:
        capture(capture_order(), state, moment(), payer_capped=False, payee_capped=False)
    assert figures(again.value) == {"payment_id": 7, "phase": "MADE"}
    with pytest.raises(PaymentNotReserved):
        release(GIVE_UP, state, moment())


def test_a_released_payment_is_not_captured() -> None:
    start = reserved()
    let_go: PaymentReleased = release(GIVE_UP, payment(start), moment())
    with pytest.raises(PaymentNotReserved) as refused:
        capture(
            capture_order(),
            payment(start, let_go),
            moment(),
            payer_capped=False,
            payee_capped=False,
        )
    assert figures(refused.value)["phase"] == "RELEASED"


@pytest.mark.parametrize("on", [DAY_3, DAY_3 + datetime.timedelta(days=30)])
def test_from_its_expiry_on_a_reservation_is_neither_captured_nor_released(
    on: datetime.date,
) -> None:
    state = payment(reserved())
    with pytest.raises(ReservationExpired) as refused:
        capture(capture_order(), state, moment(on), payer_capped=False, payee_capped=False)
    assert figures(refused.value) == {"payment_id": 7, "expires_on": "2026-03-04"}
    with pytest.raises(ReservationExpired):
        release(GIVE_UP, state, moment(on))


def test_a_position_without_payment_is_not_found() -> None:
    with pytest.raises(PaymentNotFound) as refused:
        release(GIVE_UP, payment(), moment())
    assert figures(refused.value) == {"payment_id": 7}


def test_a_capture_is_named_by_its_reservation() -> None:
    done = capture(
        capture_order(), payment(reserved()), moment(), payer_capped=False, payee_capped=False
    )
    with pytest.raises(NamedByReservation) as refused:
        capture(
            capture_order(payment_id=9),
            payment(done, since=9),
            moment(),
            payer_capped=False,
            payee_capped=False,
        )
    assert figures(refused.value) == {"payment_id": 9, "reservation_id": 7}
