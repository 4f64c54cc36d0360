"""Standing orders: due dates, each run once and in order."""

from __future__ import annotations

import datetime

import pytest

from kernel.common.fields import shaped
from kernel.common.refusals import InvalidInput, Refusal
from kernel.payments import standing_orders as rules
from kernel.payments.commands import CancelStandingOrder, Every, RunStandingOrder
from kernel.payments.events import StandingOrderMissed, StandingOrderPaid, StandingOrderSet
from kernel.payments.refusals import (
    SameAccount,
    StandingOrderAlreadyRun,
    StandingOrderCancelledAlready,
    StandingOrderDatesOutOfRange,
    StandingOrderEarlierDue,
    StandingOrderExists,
    StandingOrderNotDue,
    StandingOrderNotFound,
    StandingOrderOfAnother,
)
from kernel.payments.schedule import due_date, next_due
from tests.unit.payments.bank import LAN, MEI, figures, moment, order, standing_order, sums

MARCH, APRIL, MAY, JUNE = (
    datetime.date(2026, 3, 31),
    datetime.date(2026, 4, 30),
    datetime.date(2026, 5, 31),
    datetime.date(2026, 6, 30),
)
CANCEL = shaped(CancelStandingOrder, {"standing_order_id": "rent", "ordering_customer_id": "mei"})


class NoMoney(Refusal):
    """What an account answered."""

    code = "INSUFFICIENT_FUNDS"
    says = "{asked_minor} was asked, {available_minor} is available."


def rent(**fields: object) -> StandingOrderSet:
    return rules.set_standing_order(standing_order(**fields), order(), moment())


def run(due_on: datetime.date) -> RunStandingOrder:
    return shaped(RunStandingOrder, {"standing_order_id": "rent", "due_on": str(due_on)})


def paid(
    due_on: datetime.date, *before: StandingOrderPaid | StandingOrderMissed
) -> StandingOrderPaid:
    return rules.pay_standing_order(
        run(due_on), order(rent(), *before), moment(due_on), payer_capped=True, payee_capped=False
    )


def test_the_anchor_day_is_kept_through_short_months() -> None:
    first_on = datetime.date(2028, 1, 31)
    days = [due_date(first_on, Every.MONTHS, 1, times) for times in range(5)]
    assert [str(day) for day in days] == [
        "2028-01-31",
        "2028-02-29",
        "2028-03-31",
        "2028-04-30",
        "2028-05-31",
    ]


def test_an_order_of_every_ten_days_knows_no_months() -> None:
    first_on = datetime.date(2026, 2, 20)
    assert next_due(first_on, Every.DAYS, 10, None, first_on) == datetime.date(2026, 3, 2)


def test_the_last_day_of_an_order_is_a_due_date_and_nothing_follows() -> None:
    assert next_due(MARCH, Every.MONTHS, 1, APRIL, MARCH) == APRIL
    assert next_due(MARCH, Every.MONTHS, 1, APRIL, APRIL) is None
    assert next_due(MARCH, Every.MONTHS, 1, datetime.date(2026, 4, 29), MARCH) is None


@pytest.mark.parametrize("every", list(Every))
def test_an_order_ends_with_the_calendar(every: Every) -> None:
    assert next_due(datetime.date.max, every, 1, None, datetime.date.max) is None


def test_an_order_keeps_what_was_asked() -> None:
    state = order(rent(text="三月房租"))
    assert (state.payer_account_id, state.payee_account_id) == (MEI, LAN)
    assert (state.amount_minor, state.currency, state.text) == (500, "CNY", "三月房租")
    assert rules.due_after(state, None) == MARCH


def test_an_order_begins_today_at_the_earliest_and_ends_not_before() -> None:
    today = moment().booking_date
    assert rent(first_on=str(today), last_on=str(today)).last_on == today
    with pytest.raises(StandingOrderDatesOutOfRange) as refused:
        rent(first_on="2026-03-01")
    assert figures(refused.value) == {
        "first_on": "2026-03-01",
        "on": "2026-03-02",
        "last_on": "none",
    }
    with pytest.raises(StandingOrderDatesOutOfRange):
        rent(last_on="2026-03-30")


def test_an_order_is_set_once_and_between_two_accounts() -> None:
    with pytest.raises(StandingOrderExists):
        rules.set_standing_order(standing_order(), order(rent()), moment())
    with pytest.raises(SameAccount):
        rent(payee_account_id=MEI)


@pytest.mark.parametrize("interval", [0, 367])
def test_an_interval_is_one_to_a_years_days(interval: int) -> None:
    with pytest.raises(InvalidInput):
        standing_order(interval=interval)


def test_a_due_date_is_paid_on_its_day() -> None:
    event = paid(MARCH)
    assert sums(event) == {MEI: 500, LAN: -500}
    assert [use.account for use in event.cap_uses] == [MEI]
    assert "standing_order:rent" in event.entities


def test_missed_days_catch_up_in_their_order() -> None:
    state = order(rent())
    assert rules.due_on_or_before(state, JUNE) == [MARCH, APRIL, MAY, JUNE]
    assert rules.due_on_or_before(order(rent(), paid(MARCH)), MAY) == [APRIL, MAY]
    with pytest.raises(StandingOrderEarlierDue) as refused:
        rules.require_due(run(APRIL), state, moment(JUNE))
    assert figures(refused.value) == {
        "standing_order_id": "rent",
        "next_due_on": "2026-03-31",
        "due_on": "2026-04-30",
    }


def test_nothing_is_due_before_the_first_day() -> None:
    assert rules.due_on_or_before(order(rent()), datetime.date(2026, 3, 30)) == []


def test_due_dates_are_named_a_years_at_once() -> None:
    daily = order(rent(every="DAYS"))
    due = rules.due_on_or_before(daily, datetime.date(2030, 1, 1))
    assert len(due) == rules.DUE_AT_ONCE_MAX
    assert due[0] == MARCH


def test_a_due_date_is_run_once_whether_paid_or_missed() -> None:
    missed = rules.miss_standing_order(
        run(MARCH), order(rent()), moment(MARCH), NoMoney(asked_minor=500, available_minor=3)
    )
    assert missed.reason_code == "INSUFFICIENT_FUNDS"
    assert missed.figures == {"asked_minor": 500, "available_minor": 3}
    for before in (missed, paid(MARCH)):
        with pytest.raises(StandingOrderAlreadyRun) as refused:
            rules.require_due(run(MARCH), order(rent(), before), moment(JUNE))
        assert figures(refused.value)["last_due_on"] == "2026-03-31"
    assert paid(APRIL, missed).due_on == APRIL


@pytest.mark.parametrize(
    ("due_on", "today"),
    [
        (MARCH, datetime.date(2026, 3, 30)),
        (datetime.date(2026, 3, 30), MARCH),
        (JUNE, datetime.date(2026, 3, 1)),
    ],
)
def test_a_day_that_is_not_due_is_not_run(due_on: datetime.date, today: datetime.date) -> None:
    with pytest.raises(StandingOrderNotDue) as refused:
        rules.require_due(run(due_on), order(rent()), moment(today))
    assert figures(refused.value)["on"] == str(today)


def test_after_its_last_day_an_order_pays_nothing() -> None:
    ended = order(rent(last_on="2026-03-31"), paid(MARCH))
    assert rules.due_on_or_before(ended, JUNE) == []
    with pytest.raises(StandingOrderNotDue):
        rules.require_due(run(APRIL), ended, moment(JUNE))


def test_an_order_is_cancelled_by_who_gave_it_and_pays_no_more() -> None:
    other = shaped(
        CancelStandingOrder, {"standing_order_id": "rent", "ordering_customer_id": "lan"}
    )
    with pytest.raises(StandingOrderOfAnother) as refused:
        rules.cancel_standing_order(other, order(rent()))
    assert figures(refused.value) == {"standing_order_id": "rent", "customer_id": "lan"}
    ended = order(rent(), rules.cancel_standing_order(CANCEL, order(rent())))
    assert rules.due_on_or_before(ended, JUNE) == []
    for again in (
        lambda: rules.cancel_standing_order(CANCEL, ended),
        lambda: rules.require_due(run(MARCH), ended, moment(JUNE)),
    ):
        with pytest.raises(StandingOrderCancelledAlready):
            again()


def test_an_unknown_order_is_not_found() -> None:
    with pytest.raises(StandingOrderNotFound):
        rules.cancel_standing_order(CANCEL, order())
    with pytest.raises(StandingOrderNotFound):
        rules.require_due(run(MARCH), order(), moment(JUNE))
