"""Deposit interest: figures worked out by hand, and an independent day-by-day sum."""

from __future__ import annotations

import datetime
import random
from fractions import Fraction

import pytest

from kernel.deposits.balance_days import Tier, demand_deposit
from kernel.deposits.fixed import (
    Notice,
    NoticeTerms,
    agreement_interest,
    by_months,
    maturity,
    notice_withdrawal,
    rolled_over,
    term_withdrawal,
)

RATE = {datetime.date(2026, 1, 1): 500}


def day(text: str) -> datetime.date:
    """A day as 2026-02-15."""
    return datetime.date.fromisoformat(text)


MOVES = [
    (day("2026-03-21"), 1_000_000),
    (day("2026-04-10"), 500_000),
    (day("2026-05-15"), -300_000),
]


def test_a_quarter_is_settled_on_the_20th_and_paid_on_the_21st() -> None:
    found = demand_deposit(MOVES, RATE, day("2026-06-21"))
    [quarter] = found.settlements
    assert (quarter.balance_days, quarter.interest_minor) == (116_900_000, 162)
    assert quarter.paid_on == day("2026-06-21")
    assert found.balance_minor == 1_200_162
    assert demand_deposit(MOVES, RATE, day("2026-06-20")).settlements == ()


def test_interest_is_capitalised_and_earns_in_the_next_quarter() -> None:
    found = demand_deposit([(day("2026-03-21"), 10**9)], RATE, day("2026-09-21"))
    first, second = found.settlements
    assert second.balance_days == (10**9 + first.interest_minor) * 92


def test_the_settlement_days_rate_or_segments() -> None:
    rates = {**RATE, day("2026-06-20"): 1_000}
    [at_end] = demand_deposit(MOVES, rates, day("2026-06-21")).settlements
    [split] = demand_deposit(MOVES, rates, day("2026-06-21"), mode="segmented").settlements
    assert (at_end.interest_minor, split.interest_minor) == (325, 164)


def test_closing_pays_to_the_day_before() -> None:
    found = demand_deposit(
        [(day("2026-03-21"), 10_000_000)], RATE, day("2026-05-01"), closed_on=day("2026-04-20")
    )
    assert [(each.to_date, each.interest_minor) for each in found.settlements] == [
        (day("2026-04-20"), 417)
    ]


def test_below_one_yuan_nothing_earns() -> None:
    [found] = demand_deposit(
        [(day("2026-03-21"), 199)], RATE, day("2026-06-21"), base_unit_minor=100
    ).settlements
    assert found.balance_days == 100 * 92


def test_each_slice_of_the_balance_has_its_rate() -> None:
    tiers = (Tier(from_minor=0, annual_rate_ppm=500), Tier(from_minor=100, annual_rate_ppm=36_000))
    [found] = demand_deposit(
        [(day("2026-03-21"), 10_100)], RATE, day("2026-06-21"), tiers=tiers
    ).settlements
    assert found.interest_minor == 92


def test_any_order_of_arrival_and_a_day_by_day_sum_agree() -> None:
    pick = random.Random(7)
    for _ in range(300):
        moves = [
            (day("2026-01-01") + datetime.timedelta(pick.randrange(400)), pick.randrange(1, 10**9))
            for _ in range(pick.randrange(1, 8))
        ]
        as_of = day("2026-01-01") + datetime.timedelta(pick.randrange(1, 420))
        found = demand_deposit(moves, RATE, as_of)
        pick.shuffle(moves)
        assert demand_deposit(moves, RATE, as_of) == found
        for each in found.settlements:
            paid = [(s.paid_on, s.interest_minor) for s in found.settlements]
            known = [*moves, *paid]
            owed, at = Fraction(0), each.from_date
            while at < each.to_date:
                owed += sum(amount for on, amount in known if on <= at) * Fraction(500, 10**6 * 360)
                at += datetime.timedelta(1)
            assert each.interest_minor == int(owed + Fraction(1, 2))


def test_a_term_deposit_drawn_in_part_early_and_the_rest_late() -> None:
    opened = day("2026-01-15")

    def drawn(amount: int, on: str) -> list[int]:
        found = term_withdrawal(
            amount, opened=opened, term_months=12, rate_ppm=11_000, on=day(on), demand_rate_ppm=500
        )
        return [each.interest_minor for each in found]

    assert drawn(2_000_000, "2026-07-20") == [517]
    assert drawn(3_000_000, "2027-01-15") == [33_000]
    assert drawn(3_000_000, "2027-01-25") == [33_000, 42]


def test_maturity_keeps_the_day_or_takes_the_months_last() -> None:
    assert maturity(day("2026-08-31"), 6) == day("2027-02-28")
    assert (
        by_months(1_000_000, 27_000, day("2007-02-28"), day("2007-08-28")).interest_minor == 13_500
    )


def test_a_rollover_takes_the_listed_rate_with_or_without_interest() -> None:
    rates = [11_000, 10_000]
    plain = rolled_over(
        10_000_000, opened=day("2026-01-15"), term_months=12, listed_rates_ppm=rates,
        with_interest=False,
    )  # fmt: skip
    assert [each.interest.interest_minor for each in plain] == [110_000, 100_000]
    grown = rolled_over(
        10_000_000, opened=day("2026-01-15"), term_months=12, listed_rates_ppm=rates,
        with_interest=True,
    )  # fmt: skip
    assert grown[1].principal_minor == 10_110_000


@pytest.mark.parametrize(
    ("amount", "notified", "expected"),
    [
        (6_000_000, 6_000_000, [1_500]),
        (4_000_000, None, [111]),
        (7_000_000, 6_000_000, [1_500, 28]),
        (4_000_000, 4_000_000, [111]),
    ],
)
def test_notice_deposits(amount: int, notified: int | None, expected: list[int]) -> None:
    on = day("2026-03-21")
    notice = None
    if notified is not None:
        notice = Notice(given_on=day("2026-03-14"), draw_on=on, amount_minor=notified)
    found = notice_withdrawal(
        NoticeTerms(notice_days=7), amount, opened=day("2026-03-01"), on=on, notice=notice,
        notice_rate_ppm=4_500, demand_rate_ppm=500,
    )  # fmt: skip
    assert [each.interest_minor for each in found] == expected


def test_an_agreement_deposit_splits_at_its_base() -> None:
    assert agreement_interest(
        35_000_000, 30, base_minor=10_000_000, demand_rate_ppm=500, agreed_rate_ppm=2_000
    ) == (417, 4_167)
