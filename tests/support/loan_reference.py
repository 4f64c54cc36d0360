"""A plain reference for equal instalments by actual days: fractions, day after day, no cleverness.

It shares no code with the kernel. Money received pays what is due, oldest instalment first:
compound interest, penalty, interest, principal; the rest is held for the next due date.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from fractions import Fraction

from dateutil.relativedelta import relativedelta

PARTS = ("compound", "penalty", "interest", "principal")


def half_up(value: Fraction) -> int:
    """To the nearest whole, a tie upwards."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


class Instalment:
    """What one due date asks and got."""

    def __init__(self, due: datetime.date, interest: int, principal: int) -> None:
        self.due = due
        self.asked = {"compound": 0, "penalty": 0, "interest": interest, "principal": principal}
        self.paid = dict.fromkeys(PARTS, 0)
        self.penalty = self.compound = Fraction(0)

    def open(self, part: str) -> int:
        """What is still asked."""
        return self.asked[part] - self.paid[part]


def level(principal: int, rate: Fraction, instalments: int) -> int:
    """The level instalment at a twelfth of the rate a month."""
    month = rate / 12
    worth = sum((Fraction(1) / (1 + month) ** k for k in range(1, instalments + 1)), Fraction(0))
    return half_up(principal / worth)


def walk(
    *,
    principal: int,
    rate_ppm: int,
    instalments: int,
    start: datetime.date,
    payments: Sequence[tuple[datetime.date, int]],
    as_of: datetime.date,
    rates: Mapping[datetime.date, int] | None = None,
    year: int = 360,
    multiplier: Fraction = Fraction(3, 2),
) -> tuple[list[Instalment], int, Fraction, int]:
    """Instalments fallen due, principal not yet due, interest accrued, money held."""
    rates = rates or {}
    rate = Fraction(rate_ppm, 10**6)
    dues = [start + relativedelta(months=k) for k in range(1, instalments + 1)]
    payment, normal, accrued, held = level(principal, rate, instalments), principal, Fraction(0), 0
    lines: list[Instalment] = []
    day = start
    while True:
        if day in dues:
            interest = half_up(accrued)
            part = normal if day == dues[-1] else max(0, min(normal, payment - interest))
            lines.append(Instalment(day, interest, part))
            normal, accrued = normal - part, Fraction(0)
            held = _pay(lines, held)
        if day in rates:
            rate = Fraction(rates[day], 10**6)
            left = [due for due in dues if due > day]
            payment = level(normal, rate, len(left)) if left else payment
        held = _pay(lines, held + sum(amount for on, amount in payments if on == day))
        if day == as_of:
            return lines, normal, accrued, held
        accrued += Fraction(normal) * rate / year
        for line in lines:
            line.penalty += line.open("principal") * rate * multiplier / year
            line.compound += line.open("interest") * rate * multiplier / year
            line.asked["penalty"] = half_up(line.penalty)
            line.asked["compound"] = half_up(line.compound)
        day += datetime.timedelta(days=1)


def _pay(lines: Sequence[Instalment], money: int) -> int:
    for line in lines:
        for part in PARTS:
            paid = min(money, line.open(part))
            line.paid[part] += paid
            money -= paid
    return money
