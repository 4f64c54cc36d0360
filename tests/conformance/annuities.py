"""Equal instalments: the payment, and what of it is interest and what principal.

A spreadsheet rounds nothing; the bank rounds every row to the fen. To compare the split of a late
row all the same, the loan is reckoned in units of 10^-10 yuan: what is rounded then is too small
to show in a fen.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

import numpy_financial

from kernel.common.rounding import rounded
from kernel.loans.annuity import level_payment
from tests.conformance.groups import Case, Group, library, nearest

npf: Any = numpy_financial  # it has no types
FINE = 10**8  # parts of a fen
PPM_MONTHS = 12_000_000


def fine_rows(
    principal_minor: int, numerator: int, denominator: int, instalments: int
) -> Iterator[tuple[int, int]]:
    """Interest and principal of each instalment, in the fine unit."""
    balance = principal_minor * FINE
    payment = level_payment(balance, (numerator, denominator), instalments)
    for _ in range(instalments):
        interest = rounded(balance * numerator, denominator)
        balance -= payment - interest
        yield interest, payment - interest


Part = Literal["PMT", "IPMT", "PPMT"]

# Function, yuan, rate a period as numerator/denominator, periods, first and last, as published.
PUBLISHED: tuple[tuple[Part, int, int, int, int, int, int, str], ...] = (
    ("PMT", 10_000, 8, 1200, 10, 1, 1, "1037.03"),
    ("PMT", 21_000, 69, 12_000, 48, 1, 1, "501.90"),
    ("PMT", 5_000, 6, 1200, 15, 1, 1, "346.82"),
    ("IPMT", 8_000, 10, 1200, 36, 1, 1, "66.67"),
    ("IPMT", 8_000, 10, 100, 3, 3, 3, "292.45"),
    ("IPMT", 125_000, 9, 1200, 360, 13, 24, "11135.23213"),
    ("IPMT", 125_000, 9, 1200, 360, 1, 1, "937.5"),
    ("PPMT", 2_000, 10, 1200, 24, 1, 1, "75.62"),
    ("PPMT", 200_000, 8, 100, 10, 10, 10, "27598.05"),
    ("PPMT", 125_000, 9, 1200, 360, 13, 24, "934.1071234"),
    ("PPMT", 125_000, 9, 1200, 360, 1, 1, "68.27827"),
    ("PPMT", 100_000, 6, 1200, 12, 3, 3, "8187.912066"),
)


def published() -> Iterator[Case]:
    """Sums over the rows from the first to the last, to the decimals that are published."""
    for part, yuan, numerator, denominator, times, first, last, figure in PUBLISHED:
        rows = [*fine_rows(yuan * 100, numerator, denominator, times)][first - 1 : last]
        found = sum(
            {"PMT": interest + principal, "IPMT": interest, "PPMT": principal}[part]
            for interest, principal in rows
        )
        exact = (Decimal(found) / FINE / 100).quantize(Decimal(figure), ROUND_HALF_UP)
        yield Case(f"{part} {yuan} {first} to {last} of {times}", Decimal(figure), exact)


def random_payments() -> Iterator[Case]:
    """The instalment to the fen; up to a million yuan a double can say it."""
    chance = random.Random("pmt")
    for number in range(5_000):
        principal_minor, rate_ppm, times = random_loan(chance)
        expected = -npf.pmt(rate_ppm / PPM_MONTHS, times, principal_minor)
        payment = level_payment(principal_minor, (rate_ppm, PPM_MONTHS), times)
        yield Case(f"random loan {number}", float(expected), payment)


def random_parts(part: Literal["ipmt", "ppmt"]) -> Callable[[], Iterator[Case]]:
    """Interest or principal of a random row, to the fen."""

    def cases() -> Iterator[Case]:
        chance = random.Random(part)
        function = getattr(npf, part)
        for number in range(2_000):
            principal_minor, rate_ppm, times = random_loan(chance)
            row = chance.randint(1, times)
            expected = -function(rate_ppm / PPM_MONTHS, row, times, principal_minor)
            rows = [*fine_rows(principal_minor, rate_ppm, PPM_MONTHS, times)]
            actual = rounded(rows[row - 1][part == "ppmt"], FINE)
            yield Case(f"random loan {number} row {row}", float(expected), actual)

    return cases


def random_loan(chance: random.Random) -> tuple[int, int, int]:
    """Principal up to a million yuan, a rate up to 36 % in basis points, up to 360 months."""
    principal_minor = int(10 ** chance.uniform(4, 8))
    return principal_minor, chance.randint(1, 3_600) * 100, chance.randint(1, 360)


FORMULA = "equal instalments"
MONTHLY = f"{FORMULA}, rate / 12, half-up to the fen"

GROUPS = (
    Group(
        "Spreadsheets: PMT, IPMT, PPMT, CUMIPMT, CUMPRINC, documented examples",
        f"{FORMULA}, to the decimals published",
        published,
    ),
    Group(
        f"{library('numpy-financial')} pmt, random loans",
        MONTHLY,
        random_payments,
        nearest(0.0001),
    ),
    Group(
        f"{library('numpy-financial')} ipmt, random loans and rows",
        MONTHLY,
        random_parts("ipmt"),
        nearest(0.0001),
    ),
    Group(
        f"{library('numpy-financial')} ppmt, random loans and rows",
        MONTHLY,
        random_parts("ppmt"),
        nearest(0.0001),
    ),
)
