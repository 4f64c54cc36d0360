"""Schedules and standings of the loan engine against published figures of each convention."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from kernel.loans.costs import all_in_apr_ppm
from kernel.loans.dated import RateSet, Repayment
from kernel.loans.fold import quote, standing
from kernel.loans.standing import Standing
from kernel.loans.terms import LoanTerms
from tests.conformance.groups import Case, Group, nearest

START = datetime.date(2026, 1, 15)


def terms(**fields: Any) -> LoanTerms:
    """100,000 yuan at 4.35 % over twelve months, unless said otherwise."""
    base: dict[str, Any] = {
        "principal_minor": 10_000_000,
        "currency": "CNY",
        "annual_rate_ppm": 43_500,
        "method": "equal_instalment",
        "instalments": 12,
        "start_date": START,
    }
    return LoanTerms.model_validate({**base, **fields})


def row(found: Standing, number: int) -> tuple[int, int]:
    """Principal and interest of an instalment."""
    line = found.instalment(number)
    return line.principal_minor, line.interest_minor


def interest(found: Standing) -> int:
    """All interest of the schedule."""
    return sum(line.interest_minor for line in found.instalments)


def methods() -> Iterator[Case]:
    """One anchor or more per repayment method, by month at rate / 12."""
    level = quote(terms())
    yield Case("等额本息 first", (816_849, 36_250), row(level, 1))
    yield Case("等额本息 last", 853_101, level.instalment(12).total_minor)
    yield Case("等额本息 interest", 237_190, interest(level))
    even = quote(terms(method="equal_principal"))
    yield Case("等额本金 first", (833_333, 36_250), row(even, 1))
    yield Case("等额本金 last", (833_337, 3_021), row(even, 12))
    yield Case("等额本金 interest", 235_626, interest(even))
    yield Case("先息后本 interest", 435_000, interest(quote(terms(method="interest_first"))))
    yield Case("利随本清", (10_000_000, 435_000), row(quote(terms(method="bullet")), 1))
    flat = quote(terms(method="flat", annual_rate_ppm=43_200))
    yield Case("等本等息 month", 869_333, flat.instalment(1).total_minor)
    long = quote(terms(method="balloon", instalments=36, balloon={"amortised_over": 120}))
    yield Case("气球贷 month", 102_917, long.instalment(1).total_minor)
    yield Case("气球贷 last", (7_516_959, 27_249), row(long, 36))
    kept = quote(terms(method="balloon", instalments=36, balloon={"residual_minor": 3_000_000}))
    yield Case("气球贷 residual", 218_635, kept.instalment(1).total_minor)
    step = {"every": 12, "growth_ppm": 50_000}
    grown = quote(terms(method="step", instalments=36, step=step))
    for number, total in ((1, 282_841), (13, 296_983), (25, 311_832)):
        yield Case(f"阶梯 {number}", total, grown.instalment(number).total_minor)


def six_per_cent() -> Iterator[Case]:
    """100,000 yuan at 6 % over twelve months, by instalment and by principal."""
    level = quote(terms(annual_rate_ppm=60_000))
    for number, expected in ((1, (810_664, 50_000)), (2, (814_717, 45_947))):
        yield Case(f"等额本息 {number}", expected, row(level, number))
    yield Case("等额本息 12", (856_387, 4_282), row(level, 12))
    yield Case("等额本息 interest", 327_973, interest(level))
    even = quote(terms(annual_rate_ppm=60_000, method="equal_principal"))
    yield Case("等额本金 2", (833_333, 45_833), row(even, 2))
    yield Case("等额本金 12", (833_337, 4_167), row(even, 12))
    yield Case("等额本金 interest", 325_000, interest(even))


def actual_days() -> Iterator[Case]:
    """Interest by actual days: a bullet over a leap day, and interest days on the 20th."""
    for count, fen in (("ACT/360", 442_250), ("ACT/365F", 436_192)):
        loan = terms(method="bullet", start_date=datetime.date(2024, 1, 15), day_count=count)
        yield Case(count, fen, interest(quote(loan)))
    loan = terms(
        method="interest_first",
        annual_rate_ppm=60_000,
        instalments=4,
        day_count="ACT/360",
        start_date=datetime.date(2026, 1, 10),
        first_due_date=datetime.date(2026, 1, 20),
        maturity_date=datetime.date(2026, 4, 10),
    )
    found = [line.interest_minor for line in quote(loan).instalments]
    yield Case("interest days", [16_667, 51_667, 46_667, 35_000], found)


def arrears() -> Iterator[Case]:
    """8,000 overdue with 500 of interest for ten days at 6 % × 1.5, and what 3,000 then pays."""
    due = datetime.date(2026, 2, 10)
    loan = terms(
        principal_minor=800_000,
        annual_rate_ppm=750_000,
        method="bullet",
        instalments=1,
        start_date=datetime.date(2026, 1, 10),
        first_due_date=due,
        day_count="30/360",
        penalty={"multiplier_ppm": 1_500_000},
    )
    six = RateSet(value_date=due, annual_rate_ppm=60_000, event_id="rate")
    on = due + datetime.timedelta(days=10)
    before = standing(loan, (six,), on)
    yield Case("unpaid interest", 50_000, before.due.interest_minor)
    yield Case("penalty", 2_000, before.due.penalty_minor)
    yield Case("compound", 125, before.due.compound_minor)
    for order, status, expected in (
        (None, "accrual", [125, 2_000, 50_000, 247_875]),
        (("principal", "interest", "penalty", "compound", "fee"), "accrual", [300_000]),
    ):
        table = {} if order is None else {"waterfall": [{"status": status, "order": order}]}
        paid = Repayment(value_date=on, amount_minor=300_000, event_id="paid")
        dated = LoanTerms.model_validate({**loan.model_dump(), **table})
        after = standing(dated, (six, paid), on)
        found = [each.amount_minor for each in after.allocations if each.kind == "repayment"]
        yield Case(f"3,000 by {order or 'default'}", expected, found)


def all_in() -> Iterator[Case]:
    """10,000 over twelve months at 12 % with a monthly fee, and a flat fee of 0.36 % a month."""
    for yuan, per_myriad in ((0, 1200), (30, 1835), (60, 2460), (80, 2870)):
        fees = [{"name": "service", "when": "instalment", "amount_minor": yuan * 100}]
        loan = terms(principal_minor=1_000_000, annual_rate_ppm=120_000, fees=fees if yuan else [])
        yield Case(f"fee {yuan}", per_myriad, (all_in_apr_ppm(loan, quote(loan)) or 0) / 100)
    flat = terms(method="flat", annual_rate_ppm=43_200)
    yield Case("flat", 788.07, (all_in_apr_ppm(flat, quote(flat)) or 0) / 100)


def weighted(**fields: Any) -> LoanTerms:
    """100 at 7 % over six months from January 2024, day-weighted, half-even."""
    base = {
        "principal_minor": 10_000,
        "annual_rate_ppm": 70_000,
        "instalments": 6,
        "start_date": datetime.date(2024, 1, 1),
        "instalment_rule": "progressive",
        "rounding": "half_even",
    }
    return terms(**{**base, **fields})


def progressive() -> Iterator[Case]:
    """Figures of the day-weighted convention as its users publish them."""
    plain = [line.total_minor for line in quote(weighted()).instalments]
    yield Case("six months", [1_701] * 5 + [1_700], plain)
    late = standing(weighted(), (), datetime.date(2024, 8, 1))
    yield Case("nothing paid, interest", [58] * 6, [x.interest_minor for x in late.instalments])
    yield Case("nothing paid, last", 1_843, late.instalment(6).total_minor)
    rough = quote(weighted(annual_rate_ppm=156_780, day_count="ACT/365F"))
    yield Case("adjustment not better", 1_743, rough.instalment(5).total_minor)
    yield Case("adjustment not better, last", 1_747, rough.instalment(6).total_minor)
    early = Repayment(value_date=datetime.date(2024, 1, 15), amount_minor=1_701)
    paid = standing(weighted(), (early,), datetime.date(2024, 1, 15))
    yield Case("paid early", (1_675, 26), row(paid, 1))


ANCHORS = "repayment methods of Chinese lenders, anchors worked out by hand"
GROUPS = (
    Group(
        ANCHORS, "month = 1/12 year, half-up to the fen, last instalment takes the rest", methods
    ),
    Group(
        "等额本息, 等额本金 at 6 %, vectors worked out by hand", "month = 1/12 year", six_per_cent
    ),
    Group(
        "按期付息, 利随本清, vectors worked out by hand", "actual days / 360 or 365", actual_days
    ),
    Group("银发〔2003〕251号 item 3, vector worked out by hand", "penalty, waterfall", arrears),
    Group(
        "公告〔2021〕3号, vectors worked out by hand",
        "all-in annual rate = IRR × 12, in hundredths of a per cent",
        all_in,
        agrees=nearest(0.01),
    ),
    Group(
        "Apache Fineract, figures of its progressive schedules",
        "progressive, 30/360 and 365",
        progressive,
    ),
)
