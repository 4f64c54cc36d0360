"""Annual rates: Regulation Z, published examples of software, and two libraries on random flows."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy_financial
import pyxirr

from kernel.common.day_count import shifted
from kernel.loans.annual_cost import (
    PPM,
    CashFlow,
    appendix_j_ppm,
    effective_annual_ppm,
    nominal_annual_ppm,
)
from kernel.loans.unit_periods import distance, usual_unit_period
from tests.conformance.groups import Case, Group, library, nearest
from tests.conformance.published_costs import (
    APPENDIX_J,
    CHART,
    EXCEL_IRR,
    FSHARP,
    MONTHLY_APR,
    XIRR,
    Example,
)

START = datetime.date(2020, 1, 1).toordinal()


def percent_of(rate_ppm: int, published: str) -> Decimal:
    """A rate as a percentage with the decimals that are published, four at most."""
    decimals = min(len(published.partition(".")[2]), 4)
    return (Decimal(rate_ppm) / 10_000).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def four(published: str) -> Decimal:
    """A published percentage to the four decimals that a ppm has."""
    return Decimal(published).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def actuarial(examples: Sequence[Example]) -> Callable[[], Iterator[Case]]:
    """The rate with the unit-period that the example names."""

    def cases() -> Iterator[Case]:
        for example in examples:
            rate_ppm = appendix_j_ppm(example.flows(), example.unit)
            expected = Decimal(example.percent)
            yield Case(example.name, expected, percent_of(rate_ppm, example.percent))

    return cases


def periods() -> Iterator[Case]:
    """The unit-period that the kernel chooses, and its distance of the first payment."""
    for example in APPENDIX_J:
        if example.unit is None:
            continue
        days = [flow.day for flow in example.flows()]
        whole, odd, of = example.first
        first = distance(days[0], days[1], example.unit)
        yield Case(f"{example.name} first payment", (whole, Fraction(odd, of)), tuple(first))
        chosen = usual_unit_period(days[:1], days[1:])
        yield Case(f"{example.name} unit-period", example.unit, chosen)


def chart() -> Iterator[Case]:
    """Every advance of the chart with every number of payments that divides its sum to cents."""
    for lent_minor in range(1_000, 8_000, 1_000):
        for times, percent in CHART.items():
            payment_minor, rest = divmod(lent_minor * 6, 5 * times)
            if not rest:
                flows = monthly(lent_minor, [payment_minor] * times)
                found = percent_of(appendix_j_ppm(flows), percent)
                yield Case(f"{lent_minor} in {times}", Decimal(percent), found)


def software() -> Iterator[Case]:
    """Monthly examples, and a yearly one."""
    for lent_minor, payment_minor, times, percent in MONTHLY_APR:
        flows = monthly(lent_minor, [payment_minor] * times)
        rate_ppm = nominal_annual_ppm(flows, every_months=1)
        yield Case(f"{lent_minor} in {times}", four(percent), percent_of(rate_ppm, percent))
    amounts, percent = EXCEL_IRR
    flows = monthly(amounts[0], [-amount for amount in amounts[1:]], months=12)
    rate_ppm = nominal_annual_ppm(flows, every_months=12)
    yield Case("IRR", Decimal(percent), percent_of(rate_ppm, percent))


def monthly(lent_minor: int, paid: Sequence[int], months: int = 1) -> list[CashFlow]:
    """An advance, and payments on the same day of later months."""
    days = (datetime.date.fromordinal(shifted(START, months * k)) for k in range(len(paid) + 1))
    amounts = [lent_minor, *(-minor for minor in paid)]
    return [CashFlow(day=d, amount_minor=a) for d, a in zip(days, amounts, strict=True)]


def xirr() -> Iterator[Case]:
    for days, amounts, published in XIRR:
        dated = zip(map(datetime.date.fromisoformat, days), amounts, strict=True)
        rate_ppm = effective_annual_ppm(CashFlow(day=d, amount_minor=a) for d, a in dated)
        yield Case(days[0], round(Decimal(published) * PPM), rate_ppm)


def random_flows(chance: random.Random) -> list[CashFlow]:
    """An advance repaid on random days from the third month on, 0.8 to 1.5 times on average."""
    lent_minor = int(10 ** chance.uniform(4, 12))
    times = chance.randint(1, 36)
    share = chance.uniform(0.8, 1.5)
    day = chance.randint(START, START + 2_000)
    flows = [CashFlow(day=datetime.date.fromordinal(day), amount_minor=lent_minor)]
    for number in range(times):
        day += chance.randint(5 if number else 60, 120)
        paid_minor = int(lent_minor * share * chance.uniform(0.5, 1.5) / times) + 1
        date = datetime.date.fromordinal(day)
        flows.append(CashFlow(day=date, amount_minor=-paid_minor))
    return flows


def random_xirr() -> Iterator[Case]:
    """Flows for which the library finds a rate that is one."""
    chance = random.Random("xirr")
    for number in range(3_000):
        flows = random_flows(chance)
        amounts = [float(flow.amount_minor) for flow in flows]
        found = pyxirr.xirr([flow.day for flow in flows], amounts)
        assert found is not None, flows
        yield Case(f"random flows {number}", found * PPM, effective_annual_ppm(flows))


def random_irr(
    irr: Callable[[list[float]], float | None], times: int, most: int
) -> Callable[[], Iterator[Case]]:
    """Random monthly payments; the library's rate a month x 12."""

    def cases() -> Iterator[Case]:
        chance = random.Random(f"irr {times} {most}")
        for number in range(times):
            months = chance.randint(1, most)
            lent_minor = int(10 ** chance.uniform(5, 9))
            level = lent_minor * chance.uniform(1.0, 1.6) / months
            paid = [int(level * chance.uniform(0.7, 1.3)) + 1 for _ in range(months)]
            flows = monthly(lent_minor, paid)
            rate_ppm = nominal_annual_ppm(flows, every_months=1)
            found = irr([float(flow.amount_minor) for flow in flows])
            assert found is not None, flows
            yield Case(f"random loan {number}", found * 12 * PPM, rate_ppm)

    return cases


IRR_TIMES_12 = "IRR a month × 12 (公告〔2021〕3号)"

GROUPS = (
    Group(
        "Regulation Z, 12 CFR Part 1026, Appendix J, examples (c)(1) to (c)(6)",
        "actuarial method, rate to 0.01 %",
        actuarial(APPENDIX_J),
    ),
    Group(
        "Regulation Z, 12 CFR Part 1026, Appendix J, examples (c)(1) to (c)(6)",
        "unit-period chosen, and fraction of the first",
        periods,
    ),
    Group(
        "FSharp.Finance.Personal, tests of its actuarial method",
        "actuarial method, rate to 0.01 %",
        actuarial(FSHARP),
    ),
    Group(
        "Lender's chart 3-508B of Financial Software Systems (2014)",
        "actuarial method, rate to 0.01 %",
        chart,
    ),
    Group(
        "Adobe FormCalc Apr and Excel IRR: documented examples",
        "IRR a period × periods a year",
        software,
        differs={
            "3500000 in 360": "the documented 8.515404566 % does not solve its own equation: "
            "8.515327 % does, says numpy-financial too"
        },
    ),
    Group(
        f"{library('pyxirr')} irr, random monthly loans to 360 months",
        IRR_TIMES_12,
        random_irr(pyxirr.irr, 1_000, 360),
        nearest(0.001),
    ),
    Group(
        f"{library('numpy-financial')} irr, random monthly loans to 24 months",
        IRR_TIMES_12,
        random_irr(numpy_financial.irr, 500, 24),
        nearest(0.001),
    ),
    Group(
        "Spreadsheets: XIRR, documented examples of Excel and of the library financial",
        "effective rate on 365 days",
        xirr,
    ),
    Group(
        f"{library('pyxirr')} xirr, random flows on random days",
        "effective rate on 365 days",
        random_xirr,
        nearest(0.001),
    ),
)
