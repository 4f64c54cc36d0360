"""A plain reference for loss allowances: a small book told in words, the allowance by hand.

It knows nothing of the kernel: dates from the calendar, classes from days, fractions for losses.
Loans repay equal parts of principal on the same day of each month until they stop; a contract has
one item at most, and no two pledges of an item are of one rank.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from fractions import Fraction

PD = {1: Fraction(1, 100), 2: Fraction(8, 100)}
LGD, LGD_FLOOR = Fraction(45, 100), Fraction(10, 100)
SCENARIOS = [
    (Fraction(6, 10), Fraction(1)),
    (Fraction(1, 10), Fraction(7, 10)),
    (Fraction(3, 10), Fraction(15, 10)),
]
"""Weight, and what it does to the probability of default."""


@dataclass(frozen=True)
class PlainLoan:
    """Lent on ``start``; ``paid`` instalments were paid on their days and none after them."""

    loan_id: str
    contract_id: str
    debtor_id: str
    is_retail: bool
    principal: int
    instalments: int
    start: datetime.date
    paid: int = 99
    partner_percent: int = 0
    floor: int = 1
    written_off_on: datetime.date | None = None

    def due(self, number: int) -> datetime.date:
        """The day of an instalment."""
        month = self.start.month - 1 + number
        return self.start.replace(year=self.start.year + month // 12, month=month % 12 + 1)

    def unpaid(self, on: datetime.date) -> list[datetime.date]:
        """The days of the instalments that are not paid, due or not."""
        numbers = range(1, self.instalments + 1)
        return [self.due(n) for n in numbers if n > self.paid or self.due(n) > on]

    def owed(self, on: datetime.date, after: datetime.date | None = None) -> int:
        """Principal owed on a day; the part that falls due after another."""
        days = [day for day in self.unpaid(on) if after is None or day > after]
        return len(days) * (self.principal // self.instalments)

    def own_class(self, on: datetime.date) -> int:
        """By days past due, and by what people say."""
        late = max([(on - day).days for day in self.unpaid(on)] or [0])
        by_days = 1 + sum(late > bound for bound in (7, 90, 270, 360))
        return max(by_days, self.floor)

    def own_stage(self, on: datetime.date) -> int:
        """By the class; days alone say no more than it."""
        return {1: 1, 2: 2}.get(self.own_class(on), 3)


@dataclass(frozen=True)
class PlainItem:
    """What an item lends, to whom first: contract and the most that its pledge covers, or None."""

    lends: int
    pledges: list[tuple[str, int | None]] = field(default_factory=list)


def allowances(loans: list[PlainLoan], items: list[PlainItem], on: datetime.date) -> dict[str, int]:
    """What the bank should hold for each loan at the end of the day."""
    live = [loan for loan in loans if loan.start <= on]
    owed: dict[str, int] = {}
    for loan in live:
        owed[loan.contract_id] = owed.get(loan.contract_id, 0) + loan.owed(on)
    covered: dict[str, int] = {}
    for item in items:
        left = item.lends
        for contract_id, most in item.pledges:
            claim = owed.get(contract_id, 0)
            covered[contract_id] = min(left, claim if most is None else min(claim, most))
            left -= covered[contract_id]
    found = {}
    for loan in live:
        contract_owes, contract_has = owed[loan.contract_id], covered.get(loan.contract_id, 0)
        part = contract_has * loan.owed(on) // contract_owes if contract_owes else 0
        found[loan.loan_id] = allowance(loan, class_of(loan, live, on), part, on)
    return found


def class_of(loan: PlainLoan, loans: list[PlainLoan], on: datetime.date) -> int:
    """A firm's loan is no better than its other loans let it be."""
    own = loan.own_class(on)
    return own if loan.is_retail else lowered(own, loan.debtor_id, loans, on)


def undrawn_class(
    contract_id: str, firm_id: str | None, loans: list[PlainLoan], on: datetime.date
) -> tuple[int, int]:
    """Class and stage of what is undrawn under a contract, of a firm or (None) a retail debtor."""
    own = [each for each in loans if each.contract_id == contract_id]
    found = max((class_of(each, loans, on) for each in own), default=1)
    if firm_id is not None:
        found = lowered(found, firm_id, loans, on)
    return found, {1: 1, 2: 2}.get(found, 3)


def lowered(own: int, firm_id: str, loans: list[PlainLoan], on: datetime.date) -> int:
    """A class that is no better than what the firm owes lets it be."""
    same = [each for each in loans if each.debtor_id == firm_id and not each.is_retail]
    whole = sum(each.owed(on) for each in same)
    bad = sum(each.owed(on) for each in same if each.own_class(on) >= 3)
    if not bad:
        return own
    return max(own, 3 if Fraction(bad, whole) > Fraction(1, 10) else 2)


def allowance(loan: PlainLoan, grade: int, covered: int, on: datetime.date) -> int:
    """Of one loan, rounded up; the bank's part of it rounded up again."""
    owed = loan.owed(on)
    if not owed or (loan.written_off_on is not None and loan.written_off_on <= on):
        return 0
    lost = max(LGD_FLOOR, millionths(LGD * (owed - covered) / owed))
    stage = max(loan.own_stage(on), {1: 1, 2: 2}.get(grade, 3))
    if stage == 3:
        expected = owed * lost
    else:
        expected = sum(
            (weight * years(loan, PD[grade] * times, on, stage) for weight, times in SCENARIOS),
            Fraction(0),
        )
        expected *= lost
    whole = -(-expected // 1)
    return int(-(-whole * (100 - loan.partner_percent) // 100))


def years(loan: PlainLoan, default: Fraction, on: datetime.date, stage: int) -> Fraction:
    """Expected default of the years to come: the first alone, or all, discounted at 12 %."""
    total, survives = Fraction(0), Fraction(1)
    for year in range(1 if stage == 1 else 40):
        after = None if year == 0 else on + datetime.timedelta(days=365 * year)
        owed = loan.owed(on, after)
        total += survives * default * owed / Fraction(112, 100) ** year
        survives *= 1 - default
    return total


def millionths(value: Fraction) -> Fraction:
    """Rounded up."""
    return Fraction(-(-value * 1_000_000 // 1), 1_000_000)
