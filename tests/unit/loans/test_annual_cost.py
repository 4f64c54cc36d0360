"""What credit costs a year: published figures, irregular periods, and flows that have no rate."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pytest

from kernel.loans.annual_cost import (
    CashFlow,
    NoAnnualCost,
    appendix_j_ppm,
    effective_annual_ppm,
    nominal_annual_ppm,
)
from kernel.loans.unit_periods import (
    DAILY,
    MONTHLY,
    YEARLY,
    Distance,
    Interval,
    UnitPeriod,
    distance,
    usual_unit_period,
)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def flow(text: str, minor: int) -> CashFlow:
    return CashFlow(day=day(text), amount_minor=minor)


def a_year_of(payment_minor: int, lent_minor: int = 1_000_000) -> list[CashFlow]:
    paid = [flow(f"2026-{month:02}-10", -payment_minor) for month in range(1, 13)]
    return [flow("2025-12-10", lent_minor), *paid]


@pytest.mark.parametrize(
    ("fee_minor", "rate_bp"), [(0, 1200), (3_000, 1835), (6_000, 2460), (8_000, 2870)]
)
def test_a_monthly_fee_shows_in_the_annual_rate(fee_minor: int, rate_bp: int) -> None:
    flows = a_year_of(88_849 + fee_minor)
    rate_ppm = nominal_annual_ppm(flows, every_months=1)
    assert (rate_ppm + 50) // 100 == rate_bp
    assert appendix_j_ppm(flows, MONTHLY) == appendix_j_ppm(flows) == rate_ppm


def test_a_flat_monthly_fee_costs_almost_twice_its_name() -> None:
    assert nominal_annual_ppm(a_year_of(869_333, 10_000_000), every_months=1) == 78_807


def test_a_spreadsheet_gives_the_same_effective_rate() -> None:
    flows = [
        flow("2008-01-01", -10_000),
        flow("2008-03-01", 2_750),
        flow("2008-10-30", 4_250),
        flow("2009-02-15", 3_250),
        flow("2009-04-01", 2_750),
    ]
    assert effective_annual_ppm(flows) == 373_363


def test_months_ends_are_whole_months_apart() -> None:
    days = ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
    flows = [flow(days[0], 300_000), *(flow(each, -101_000) for each in days[1:])]
    assert appendix_j_ppm(flows) == nominal_annual_ppm(flows, every_months=1)


def test_money_of_one_day_is_one_flow() -> None:
    split = [flow("2025-12-10", 600_000), flow("2025-12-10", 400_000), *a_year_of(90_000)[1:]]
    fee_at_once = [flow("2025-12-10", 1_010_000), flow("2025-12-10", -10_000)]
    whole = nominal_annual_ppm(a_year_of(90_000), every_months=1)
    assert nominal_annual_ppm(split, every_months=1) == whole
    assert nominal_annual_ppm([*fee_at_once, *a_year_of(90_000)[1:]], every_months=1) == whole


def test_a_rate_of_exactly_half_a_ppm_goes_up() -> None:
    lent = flow("2025-01-01", 10_000_000)
    assert appendix_j_ppm([lent, flow("2026-01-01", -11_000_005)]) == 100_001
    assert appendix_j_ppm([lent, flow("2026-01-01", -8_999_995)]) == -100_001
    assert appendix_j_ppm([lent, flow("2026-01-01", -11_000_004)]) == 100_000


def test_free_credit_costs_nothing_and_a_gift_less() -> None:
    assert appendix_j_ppm([flow("2026-01-01", 900), flow("2026-03-01", -900)]) == 0
    assert effective_annual_ppm([flow("2026-01-01", 900), flow("2027-01-01", -450)]) == -500_000


@pytest.mark.parametrize(
    ("repaid_on", "repaid", "rate_ppm"),
    [
        ("1979-01-15", 104_400, 88_000),  # six months: twice the charge
        ("1979-03-27", 104_400, 62_980),  # 255 days
        ("1980-07-15", 121_000, 100_000),  # two years at 10 %
    ],
)
def test_one_advance_and_one_payment_take_their_term(
    repaid_on: str, repaid: int, rate_ppm: int
) -> None:
    flows = [flow("1978-07-15", 100_000), flow(repaid_on, -repaid)]
    assert appendix_j_ppm(flows) == appendix_j_ppm(flows, MONTHLY) == rate_ppm


def test_a_day_is_a_period_too() -> None:
    flows = [flow("2026-01-01", 100_000), flow("2026-01-02", -100_050)]
    assert nominal_annual_ppm(flows, every_days=1) == 182_500


@pytest.mark.parametrize(
    "amounts",
    [
        (-10_000, 23_000, -13_200),  # 10 % and 20 %
        (-10_000, 22_200, -12_320),  # 10 % and 12 %
        (-10_000, 20_000, -9_900),  # 10 % and -10 %
    ],
)
def test_of_several_rates_the_lowest_that_is_not_negative_is_given(
    amounts: tuple[int, int, int],
) -> None:
    days = ("2023-01-01", "2024-01-01", "2025-01-01")
    flows = [*map(flow, days, amounts)]
    assert nominal_annual_ppm(flows, every_months=12) == 100_000


def test_of_two_negative_rates_the_one_nearest_to_zero_is_given() -> None:
    # zero at -10 % and at -20 % a year
    flows = [flow("2023-01-01", -10_000), flow("2024-01-01", 17_000), flow("2025-01-01", -7_200)]
    assert nominal_annual_ppm(flows, every_months=12) == -100_000


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [flow("2026-01-01", 1)],
        [flow("2026-01-01", 1), flow("2026-02-01", 1)],
        [flow("2026-01-01", 5), flow("2026-01-01", -5)],
    ],
)
def test_money_that_goes_one_way_has_no_annual_cost(flows: list[CashFlow]) -> None:
    for rate in (appendix_j_ppm, effective_annual_ppm):
        with pytest.raises(NoAnnualCost) as refused:
            rate(flows)
        assert refused.value.figures["reason"] == "NO_SIGN_CHANGE"


def test_a_rate_out_of_bounds_is_refused() -> None:
    lent = flow("2026-01-01", 1)
    for repaid in (10_002, 1_000_000):
        with pytest.raises(NoAnnualCost, match="NO_ROOT"):
            effective_annual_ppm([lent, flow("2027-01-01", -repaid)])
    assert effective_annual_ppm([lent, flow("2027-01-01", -10_001)]) == 10_000_000_000


def test_flows_that_never_balance_are_refused() -> None:
    flows = [flow("2024-01-01", -10), flow("2025-01-01", 10), flow("2026-01-01", -10)]
    with pytest.raises(NoAnnualCost, match="NO_ROOT"):
        nominal_annual_ppm(flows, every_months=12)


def test_a_flow_between_two_periods_is_not_regular() -> None:
    flows = [*a_year_of(90_000), flow("2026-12-24", -1_000)]
    for every in ({"every_months": 1}, {"every_days": 7}):
        with pytest.raises(NoAnnualCost, match="NOT_REGULAR"):
            nominal_annual_ppm(flows, **every)


@pytest.mark.parametrize(
    ("start", "end", "unit", "whole", "fraction"),
    [
        ("1978-02-10", "1978-04-01", MONTHLY, 1, Fraction(19, 30)),
        ("1978-02-23", "1978-03-01", UnitPeriod(Interval.SEMIMONTH), 0, Fraction(6, 15)),
        ("1978-02-23", "1978-04-01", UnitPeriod(Interval.SEMIMONTH), 2, Fraction(6, 15)),
        ("1978-05-23", "1978-10-01", UnitPeriod(Interval.MONTH, 3), 1, Fraction(39, 90)),
        ("1978-03-20", "1978-04-21", UnitPeriod(Interval.WEEK), 4, Fraction(4, 7)),
        ("1978-03-18", "1978-04-20", UnitPeriod(Interval.WEEK, 4), 1, Fraction(5, 28)),
        ("1978-01-10", "1978-03-01", UnitPeriod(Interval.MONTH, 2), 0, Fraction(52, 60)),
        ("1978-01-15", "1979-07-15", YEARLY, 1, Fraction(6, 12)),
        ("1978-01-15", "1979-01-25", YEARLY, 1, Fraction(10, 365)),
        ("2026-01-01", "2026-02-10", DAILY, 40, Fraction(0)),
        ("2026-01-28", "2026-02-28", MONTHLY, 1, Fraction(0)),
        ("2026-02-28", "2026-03-31", MONTHLY, 1, Fraction(0)),
        ("2026-01-27", "2026-02-28", MONTHLY, 1, Fraction(1, 30)),
        ("2026-03-01", "2026-03-31", MONTHLY, 1, Fraction(0)),
    ],
)
def test_whole_periods_are_counted_backwards(
    start: str, end: str, unit: UnitPeriod, whole: int, fraction: Fraction
) -> None:
    assert distance(day(start), day(end), unit) == Distance(whole, fraction)


@pytest.mark.parametrize(
    ("paid", "unit"),
    [
        (["2026-02-20", "2026-03-20", "2026-04-20"], MONTHLY),
        (["2026-02-01", "2026-02-16", "2026-03-01"], UnitPeriod(Interval.SEMIMONTH)),
        (["2026-01-15", "2026-01-29", "2026-02-12"], UnitPeriod(Interval.WEEK, 2)),
        (["2026-01-02", "2026-01-03", "2026-01-04"], DAILY),
        (["2026-04-20", "2026-07-20", "2026-10-20"], UnitPeriod(Interval.MONTH, 3)),
        (["2026-01-08", "2026-01-15", "2026-01-29", "2026-02-12"], UnitPeriod(Interval.WEEK)),
        (["2026-01-21", "2026-02-20"], UnitPeriod(Interval.WEEK, 4)),  # 25 days on average
        (["2026-03-01", "2026-06-05"], UnitPeriod(Interval.WEEK, 11)),  # 77.5 days on average
    ],
)
def test_the_unit_period_is_the_most_frequent_one(paid: list[str], unit: UnitPeriod) -> None:
    assert usual_unit_period([day("2026-01-01")], [*map(day, paid)]) == unit


def test_periods_between_advances_count_as_well() -> None:
    advances = [day(f"2026-{month:02}-05") for month in (1, 2, 3, 4)]
    assert usual_unit_period(advances, [day("2026-12-24")]) == MONTHLY
