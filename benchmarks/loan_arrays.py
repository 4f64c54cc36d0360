"""How fast loans are worked out: ratios against numpy, Decimal and the plain reference, one run.

``python -m benchmarks.loan_arrays``. Each figure is the best and the median of five repetitions.
"""

from __future__ import annotations

import datetime
import resource
import statistics
import time
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import numpy.typing as npt

from cython_ext import schedules
from kernel.loans.annuity import level_payment
from kernel.loans.dated import AnyLoanEvent, FeeCharged, PenaltyWaived, RateSet, Repayment
from kernel.loans.fold import standing
from kernel.loans.terms import LoanTerms
from tests.support.loan_reference import walk
from tests.support.loans import loan

LOANS, ROWS, SAMPLE, BALANCES = 100_000, 36, 1_000, 10_000_000
Ints = npt.NDArray[np.int64]


def timed(work: Callable[[], object], repetitions: int = 5) -> tuple[float, float]:
    """Best and median seconds."""
    taken = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken), statistics.median(taken)


def vectorised(balance: Ints, payment: Ints, cost: Ints, whole: Ints, out: list[Ints]) -> None:
    """Exact int64 over all loans at once, row by row."""
    for k in range(ROWS):
        interest = (balance * cost * 2 + whole) // (2 * whole)
        part = np.clip(payment - interest, 0, balance) if k < ROWS - 1 else balance
        balance = balance - part
        out[0][k], out[1][k], out[2][k] = part, interest, balance


def decimals(balance: int, payment: int, ppm: int) -> list[tuple[Decimal, Decimal, Decimal]]:
    """One schedule with Decimal, as it is usually written."""
    left, cent, rows = Decimal(balance) / 100, Decimal("0.01"), []
    for k in range(ROWS):
        interest = (left * ppm / 12_000_000).quantize(cent, ROUND_HALF_UP)
        part = left if k == ROWS - 1 else Decimal(payment) / 100 - interest
        left -= part
        rows.append((part, interest, left))
    return rows


def batch() -> list[tuple[str, float, float]]:
    """100,000 schedules of 36 rows, payments given to all three."""
    pick = np.random.default_rng(1)
    balance = pick.integers(10**5, 10**8, LOANS)
    cost = pick.integers(20_000, 240_000, LOANS)
    whole = np.full(LOANS, 12 * 10**6)
    payment = np.array([
        level_payment(int(p), (int(c), 12 * 10**6), ROWS)
        for p, c in zip(balance, cost, strict=True)
    ])  # fmt: skip
    flat = [np.zeros(LOANS * ROWS, np.int64) for _ in range(3)]
    square = [np.zeros((ROWS, LOANS), np.int64) for _ in range(3)]
    ours = timed(lambda: schedules.level_rows(balance, payment, cost, whole, ROWS, *flat))
    numpy_ = timed(lambda: vectorised(balance, payment, cost, whole, square))
    assert all((b == a.reshape(LOANS, ROWS).T).all() for a, b in zip(flat, square, strict=True))
    some = list(zip(balance[:SAMPLE], payment[:SAMPLE], cost[:SAMPLE], strict=True))
    plain = timed(lambda: [decimals(int(b), int(p), int(c)) for b, p, c in some], 3)
    scale = LOANS / SAMPLE
    return [
        ("100,000 × 36 rows, ours", *ours),
        ("the same, numpy int64 over loans", *numpy_),
        (f"the same, Decimal (scaled from {SAMPLE:,})", plain[0] * scale, plain[1] * scale),
    ]


def one_day() -> list[tuple[str, float, float]]:
    """One day's interest on 10 M balances into sums."""
    pick = np.random.default_rng(2)
    balance, rate = pick.integers(0, 10**9, BALANCES), pick.integers(0, 240_000, BALANCES)
    sums, room = np.zeros(BALANCES, np.int64), np.zeros(BALANCES, np.int64)

    def numpy_() -> None:
        np.multiply(balance, rate, out=room)
        np.add(sums, room, out=sums)

    return [
        ("10 M balances × rate into sums, ours",
         *timed(lambda: schedules.add_products(balance, rate, sums))),
        ("the same, numpy multiply and add", *timed(numpy_)),
    ]  # fmt: skip


def busy_loan() -> tuple[LoanTerms, list[AnyLoanEvent], datetime.date]:
    """36 instalments and 40 events: payments late and partial, two rates, a fee, a waiver."""
    terms = loan(instalments=36, penalty={"multiplier_ppm": 1_500_000}, day_count="ACT/360")
    start = terms.start_date
    events: list[AnyLoanEvent] = [
        Repayment(
            value_date=start + datetime.timedelta(days=31 * (k + 1) + 3 * (k % 5)),
            amount_minor=300_000, event_id=f"r{k}",
        )
        for k in range(36)
    ]  # fmt: skip
    day = datetime.date
    events += [
        RateSet(value_date=day(2027, 1, 1), annual_rate_ppm=42_000, event_id="x1"),
        RateSet(value_date=day(2028, 1, 1), annual_rate_ppm=41_000, event_id="x2"),
        FeeCharged(value_date=day(2027, 5, 1), amount_minor=5_000, event_id="fee"),
        PenaltyWaived(value_date=day(2027, 9, 1), event_id="waived"),
    ]
    return terms, events, day(2029, 6, 1)


def standings() -> list[tuple[str, float, float]]:
    """The busy loan by the fold, and its payments and rates by the day-by-day reference."""
    terms, events, as_of = busy_loan()
    payments = [(e.value_date, e.amount_minor) for e in events if isinstance(e, Repayment)]
    rates = {e.value_date: e.annual_rate_ppm or 0 for e in events if isinstance(e, RateSet)}

    def reference() -> None:
        walk(
            principal=terms.principal_minor, rate_ppm=terms.annual_rate_ppm, instalments=36,
            start=terms.start_date, payments=payments, rates=rates, as_of=as_of,
        )  # fmt: skip

    return [
        (
            "standing of a loan with 40 events, fold",
            *timed(lambda: standing(terms, events, as_of), 50),
        ),
        ("the same loan, plain fractions day by day", *timed(reference, 3)),
    ]


def main() -> dict[str, float]:
    """Print the table; comes back with the ratios."""
    found = [*batch(), *one_day(), *standings()]
    print(f"{'what':50} {'best s':>10} {'median s':>10}")
    for name, best, median in found:
        print(f"{name:50} {best:10.5f} {median:10.5f}")
    bests = [each[1] for each in found]
    ratios = {
        "ours ÷ numpy, schedules (≤ 1.5)": bests[0] / bests[1],
        "Decimal ÷ ours, schedules (≥ 60)": bests[2] / bests[0],
        "ours ÷ numpy, one day (≤ 1)": bests[3] / bests[4],
        "reference ÷ fold, standing (≥ 20)": bests[6] / bests[5],
    }
    for name, ratio in ratios.items():
        print(f"{name:50} {ratio:10.2f}")
    print(f"{'bytes of arrays per schedule of 36 rows':50} {3 * 8 * ROWS:10}")
    print(
        f"{'peak resident MB':50} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:10}"
    )
    return ratios


if __name__ == "__main__":
    main()
