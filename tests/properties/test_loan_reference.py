"""The fold against the plain day-by-day reference: not one cent apart."""

from __future__ import annotations

import datetime
import random

import pytest

from kernel.loans.course import Course
from kernel.loans.dated import AnyLoanEvent, RateSet, Repayment
from kernel.loans.fold import standing
from tests.support.loan_reference import walk
from tests.support.loans import loan

START = datetime.date(2024, 1, 15)


def apart(cases: int, seed: int) -> int:
    """How many random loans with payments of any size on any day stand differently."""
    pick = random.Random(seed)
    wrong = 0
    for _ in range(cases):
        principal, rate = int(10 ** pick.uniform(2, 12)), pick.randrange(400_000)
        count, year = pick.choice((1, 3, 6, 12)), pick.choice((360, 365))
        last = START + datetime.timedelta(days=pick.randrange(1, 32 * count + 100))
        span = range((last - START).days)
        days = sorted(pick.sample(span, k=min(len(span), pick.randrange(7))))
        payments = [
            (START + datetime.timedelta(days=day + 1), pick.randrange(1, principal // 2 + 2))
            for day in days
        ]
        rates = {}
        if pick.random() < 0.3:
            rates[START + datetime.timedelta(days=pick.randrange(1, 40))] = pick.randrange(400_000)
        terms = loan(
            principal_minor=principal,
            annual_rate_ppm=rate,
            instalments=count,
            start_date=START,
            day_count="ACT/360" if year == 360 else "ACT/365F",
            penalty={"multiplier_ppm": 1_500_000},
            non_accrual_days=3_000,
        )
        events: list[AnyLoanEvent] = [
            Repayment(value_date=on, amount_minor=amount, event_id=f"p{place}")
            for place, (on, amount) in enumerate(payments)
        ]
        events += [
            RateSet(value_date=on, annual_rate_ppm=new, event_id="rate")
            for on, new in rates.items()
        ]
        lines, normal, accrued, held = walk(
            principal=principal, rate_ppm=rate, instalments=count, start=START, rates=rates,
            payments=payments, as_of=last, year=year,
        )  # fmt: skip
        found = standing(terms, events, last)
        due = [line for line in found.instalments if line.is_due]
        expected = [
            (line.asked["principal"], line.asked["interest"], line.asked["penalty"],
             line.asked["compound"], sum(line.paid.values()))
            for line in lines
        ]  # fmt: skip
        got = [
            (x.principal_minor, x.interest_minor, x.penalty_minor, x.compound_minor, x.paid_minor)
            for x in due
        ]
        exact = accrued.numerator * found.accrued_denominator == (
            accrued.denominator * found.accrued_numerator
        )
        same = (expected, normal, held) == (got, found.normal_minor, found.unapplied_minor)
        wrong += not (same and exact)
    return wrong


def test_no_cent_apart_from_the_reference() -> None:
    assert apart(400, seed=1) == 0


@pytest.mark.long
def test_no_cent_apart_in_many_loans() -> None:
    assert apart(30_000, seed=2) == 0


def test_a_day_too_many_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Course._accrue
    monkeypatch.setattr(Course, "_accrue", lambda self, day: real(self, day + (day % 29 == 0)))
    assert apart(100, seed=1) > 0
