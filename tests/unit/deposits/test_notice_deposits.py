"""Notice deposits as a banker tells them, through the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, deposit, running_bank
from tests.support.deposits import offer_deposits
from tests.support.lending import pass_days

MILLION = 10**6


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A-1 put 200,000 yuan of 300,000 on seven days' notice on 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        one.done("Deposit", **deposit(29_900_000))
        offer_deposits(one)
        one.done(
            "OpenNoticeDeposit",
            deposit_id="ND-1",
            account_id="A-1",
            product_id="notice-7",
            amount_minor=20_000_000,
        )
        yield one


def noticed(bank: Bank, amount_minor: int, draw_on: str, notice_id: str = "N-1") -> None:
    bank.done(
        "GiveNotice",
        deposit_id="ND-1",
        notice_id=notice_id,
        amount_minor=amount_minor,
        draw_on=draw_on,
    )


def drawn(bank: Bank, amount_minor: int | None = None) -> int:
    """Interest that a withdrawal brings to A-1."""
    asked: dict[str, Any] = {} if amount_minor is None else {"amount_minor": amount_minor}
    before, there = bank.balance("A-1"), bank.balance("ND-1")
    bank.done("WithdrawNoticeDeposit", deposit_id="ND-1", **asked)
    return bank.balance("A-1") - before - (there - bank.balance("ND-1"))


def interest(amount_minor: int, days: int, ppm: int) -> int:
    return (amount_minor * days * ppm + 180 * MILLION) // (360 * MILLION)


def test_what_was_notified_and_drawn_on_its_day_earns_the_notice_rate(bank: Bank) -> None:
    pass_days(bank, "2026-03-25")
    noticed(bank, 6_000_000, "2026-04-01")
    pass_days(bank, "2026-04-01")
    assert drawn(bank, 6_000_000) == interest(6_000_000, 30, 3_000)


@pytest.mark.parametrize("on", ["2026-03-31", "2026-04-02"])
def test_drawn_on_another_day_it_earns_the_demand_rate(bank: Bank, on: str) -> None:
    noticed(bank, 6_000_000, "2026-04-01")
    pass_days(bank, on)
    days = 29 if on == "2026-03-31" else 31
    whole = interest(6_000_000, days, 500)
    lapsed = 0 if on == "2026-03-31" else 7
    assert drawn(bank, 6_000_000) == interest(6_000_000, days - lapsed, 500) <= whole


def test_without_notice_it_earns_the_demand_rate(bank: Bank) -> None:
    pass_days(bank, "2026-04-01")
    assert drawn(bank) == interest(20_000_000, 30, 500)


def test_beyond_the_notice_it_earns_the_demand_rate(bank: Bank) -> None:
    noticed(bank, 6_000_000, "2026-04-01")
    pass_days(bank, "2026-04-01")
    assert drawn(bank, 8_000_000) == interest(6_000_000, 30, 3_000) + interest(2_000_000, 30, 500)


def test_the_days_of_a_cancelled_notice_earn_nothing_on_its_amount(bank: Bank) -> None:
    noticed(bank, 5_000_000, "2026-03-20", "N-0")
    bank.done("CancelNotice", deposit_id="ND-1", notice_id="N-0")
    noticed(bank, 20_000_000, "2026-04-01")
    pass_days(bank, "2026-04-01")
    lost = 5_000_000 * 7
    owed = (20_000_000 * 30 - lost) * 3_000
    assert drawn(bank) == (owed + 180 * MILLION) // (360 * MILLION)


def test_days_are_forfeited_once(bank: Bank) -> None:
    noticed(bank, 5_000_000, "2026-03-20", "N-0")
    bank.done("CancelNotice", deposit_id="ND-1", notice_id="N-0")
    noticed(bank, 6_000_000, "2026-04-01")
    pass_days(bank, "2026-04-01")
    first = (6_000_000 * 30 - 5_000_000 * 7) * 3_000
    assert drawn(bank, 6_000_000) == (first + 180 * MILLION) // (360 * MILLION)
    assert drawn(bank) == interest(14_000_000, 30, 500)


def test_a_notice_is_long_enough_and_for_money_that_is_there(bank: Bank) -> None:
    asked: dict[str, Any] = {"deposit_id": "ND-1", "notice_id": "N-1", "amount_minor": 6_000_000}
    assert bank.refused("GiveNotice", **asked, draw_on="2026-03-08") == "NOTICE_TOO_SHORT"
    more = asked | {"amount_minor": 20_000_001}
    assert bank.refused("GiveNotice", **more, draw_on="2026-03-09") == "MORE_THAN_DEPOSITED"
    less = asked | {"amount_minor": 4_999_999}
    assert bank.refused("GiveNotice", **less, draw_on="2026-03-09") == "BELOW_MINIMUM"
    bank.done("GiveNotice", **asked, draw_on="2026-03-09")
    assert bank.refused("GiveNotice", **asked, draw_on="2026-03-09") == "NOTICE_EXISTS"


def test_a_notice_is_cancelled_before_its_day_has_passed(bank: Bank) -> None:
    noticed(bank, 6_000_000, "2026-03-09")
    pass_days(bank, "2026-03-10")
    asked: dict[str, Any] = {"deposit_id": "ND-1", "notice_id": "N-1"}
    assert bank.refused("CancelNotice", **asked) == "NOTICE_NOT_OPEN"


def test_what_is_left_is_enough_to_open_with(bank: Bank) -> None:
    asked: dict[str, Any] = {"deposit_id": "ND-1", "amount_minor": 15_000_001}
    assert bank.refused("WithdrawNoticeDeposit", **asked) == "REST_TOO_SMALL"
