"""Due dates and days: short months, odd first periods, days off, whole months."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kernel.loans.fold import quote
from kernel.loans.periods import Period, Rhythm, _agreed, contract_periods
from kernel.loans.terms import LoanTerms
from tests.support.loan_cases import some_terms
from tests.support.loans import day, loan


def dues(**fields: Any) -> list[str]:
    """The due dates of a quote."""
    return [line.due_date.isoformat() for line in quote(loan(**fields)).instalments]


def test_the_day_of_the_month_is_kept_through_short_months() -> None:
    found = dues(start_date=day("2026-01-31"), instalments=3)
    assert found == ["2026-02-28", "2026-03-31", "2026-04-30"]
    rolled = dues(start_date=day("2026-01-31"), instalments=3, month_end="roll")
    assert rolled == ["2026-03-01", "2026-03-31", "2026-05-01"]


def test_a_short_month_is_a_whole_month() -> None:
    found = quote(loan(start_date=day("2026-01-31")))
    assert {line.days for line in found.instalments} == {30}


def test_weeks_and_days() -> None:
    assert dues(every={"weeks": 2}, instalments=2) == ["2026-01-29", "2026-02-12"]
    assert dues(every={"days": 10}, instalments=2) == ["2026-01-25", "2026-02-04"]


def test_a_first_period_too_short_is_merged_with_the_next() -> None:
    fields = {"first_due_date": day("2026-01-20"), "instalments": 2}
    assert dues(**fields) == ["2026-01-20", "2026-02-20"]
    assert dues(**fields, first_period="merge_short") == ["2026-02-20", "2026-03-20"]


def test_the_first_period_may_ask_for_interest_only() -> None:
    terms = loan(first_due_date=day("2026-01-20"), first_period="interest_only")
    found = quote(terms).instalments
    assert (found[0].principal_minor, found[0].interest_minor) == (0, 6_042)
    assert found[1].principal_minor > 0


@pytest.mark.parametrize(
    ("roll", "due"),
    [
        ("none", "2026-10-01"),
        ("following", "2026-10-08"),
        ("preceding", "2026-09-30"),
        ("modified_following", "2026-10-08"),
    ],
)
def test_a_due_date_on_a_day_off_rolls(roll: str, due: str) -> None:
    terms = {"start_date": day("2026-09-01"), "instalments": 2, "holidays": {"roll": roll}}
    assert dues(**terms)[0] == due


def test_interest_days_move_with_the_due_date_or_stay() -> None:
    fields: dict[str, Any] = {
        "start_date": day("2026-09-01"), "instalments": 2, "day_count": "ACT/360",
    }  # fmt: skip
    stays = quote(loan(**fields, holidays={}))
    moves = quote(loan(**fields, holidays={"moves_interest": True}))
    assert [line.days for line in stays.instalments] == [30, 31]
    assert [line.days for line in moves.instalments] == [37, 25]


def test_a_bullet_over_whole_months_is_so_many_twelfths() -> None:
    by_count = quote(loan(method="bullet", instalments=12)).instalment(1)
    by_date = quote(loan(method="bullet", instalments=1, first_due_date=day("2027-01-15")))
    assert by_count.interest_minor == by_date.instalment(1).interest_minor == 435_000


def test_grace_of_principal_of_interest_and_free_of_interest() -> None:
    def first_three(**grace: int) -> list[tuple[int, int]]:
        found = quote(loan(method="equal_principal", instalments=4, grace=grace))
        return [(x.principal_minor, x.interest_minor) for x in found.instalments[:3]]

    assert first_three(principal=2) == [(0, 36_250), (0, 36_250), (5_000_000, 36_250)]
    assert first_three(interest_payment=2) == [
        (2_500_000, 0),
        (2_500_000, 0),
        (2_500_000, 36_250 + 27_188 + 18_125),
    ]
    assert first_three(interest_free=2) == [(2_500_000, 0), (2_500_000, 0), (2_500_000, 18_125)]


def _told(periods: list[Period]) -> list[tuple[object, ...]]:
    """Everything that a period says."""
    names = ("start", "end", "due", "months", "units", "denominator", "clock", "days")
    return [tuple(getattr(each, name) for name in names) for each in periods]


def test_periods_follow_from_the_rhythm_alone() -> None:
    """Loans that differ in all else share their periods: each has those it would have by itself."""
    others = set(LoanTerms.model_fields) - set(Rhythm.FIELDS)
    by_rhythm: dict[tuple[object, ...], list[tuple[object, ...]]] = {}
    for seed in range(300):
        mine, other = (some_terms(random.Random(each)) for each in (seed, seed + 1_000))
        mixed = mine.model_copy(update={name: getattr(other, name) for name in others})
        alone = _told(_agreed.__wrapped__(Rhythm(mixed)))
        assert _told(contract_periods(mine)) == alone == _told(contract_periods(mixed)), seed
        by_rhythm[Rhythm(mine).key] = alone
    assert len(by_rhythm) > 250
