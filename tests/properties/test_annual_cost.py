"""Properties of the annual cost: exact fractions, not the solver, say that the rate is right."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.common.day_count import shifted
from kernel.loans.annual_cost import (
    PPM,
    CashFlow,
    appendix_j_ppm,
    effective_annual_ppm,
    nominal_annual_ppm,
)
from kernel.loans.unit_periods import MONTHLY, Interval, UnitPeriod, distance

DAY_1 = datetime.date(2026, 1, 1).toordinal()
UNITS = st.sampled_from(
    [
        MONTHLY,
        UnitPeriod(Interval.MONTH, 3),
        UnitPeriod(Interval.SEMIMONTH),
        UnitPeriod(Interval.WEEK, 2),
    ]
)


@st.composite
def loans(draw: st.DrawFn) -> list[CashFlow]:
    """One advance and payments on later days that repay it once to twice."""
    lent = draw(st.integers(10_000, 10**11))
    gaps = draw(st.lists(st.integers(20, 90), min_size=2, max_size=12))
    share = draw(st.fractions(1, 2, max_denominator=1000))
    day = draw(st.integers(DAY_1, DAY_1 + 1500))
    flows = [CashFlow(day=datetime.date.fromordinal(day), amount_minor=lent)]
    for gap in gaps:
        day += gap
        paid = int(lent * share / len(gaps)) + draw(st.integers(0, 1000))
        flows.append(CashFlow(day=datetime.date.fromordinal(day), amount_minor=-paid))
    return flows


def worth(flows: list[CashFlow], unit: UnitPeriod, annual: Fraction) -> Fraction:
    """The general equation of the actuarial method, advances less payments, without rounding."""
    rate = annual / unit.per_year
    total = Fraction(0)
    for flow in flows:
        whole, part = distance(flows[0].day, flow.day, unit)
        total += flow.amount_minor / ((1 + part * rate) * (1 + rate) ** whole)
    return total


@settings(max_examples=150, deadline=None)
@given(loans(), UNITS)
def test_the_worth_changes_sign_around_the_rate(flows: list[CashFlow], unit: UnitPeriod) -> None:
    rate_ppm = appendix_j_ppm(flows, unit)
    below = worth(flows, unit, Fraction(2 * rate_ppm - 1, 2 * PPM))
    above = worth(flows, unit, Fraction(2 * rate_ppm + 1, 2 * PPM))
    assert below <= 0 <= above


@settings(max_examples=100, deadline=None)
@given(loans(), st.integers(2, 1000), st.data())
def test_neither_order_nor_size_nor_side_matters(
    flows: list[CashFlow], times: int, data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(flows))
    other_side = [CashFlow(day=f.day, amount_minor=-times * f.amount_minor) for f in mixed]
    for rate in (appendix_j_ppm, effective_annual_ppm):
        assert rate(mixed) == rate(other_side) == rate(flows)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(DAY_1, DAY_1 + 1500),
    st.integers(1, 6),
    st.lists(st.integers(80_000, 200_000), min_size=2, max_size=24),
)
def test_on_schedule_days_the_actuarial_rate_is_the_periodic_one(
    first: int, months: int, paid: list[int]
) -> None:
    days = [datetime.date.fromordinal(shifted(first, months * k)) for k in range(len(paid) + 1)]
    amounts = [75_000 * len(paid), *(-each for each in paid)]
    flows = [CashFlow(day=d, amount_minor=a) for d, a in zip(days, amounts, strict=True)]
    nominal = nominal_annual_ppm(flows, every_months=months)
    assert appendix_j_ppm(flows, UnitPeriod(Interval.MONTH, months)) == nominal


@settings(max_examples=200, deadline=None)
@given(loans())
def test_the_effective_rate_is_that_of_spreadsheets(flows: list[CashFlow]) -> None:
    found = pyxirr.xirr([f.day for f in flows], [float(f.amount_minor) for f in flows])
    assert found is not None
    rate_ppm = effective_annual_ppm(flows)
    assert abs(rate_ppm - found * PPM) <= 0.5 + 1e-6 * abs(rate_ppm)
