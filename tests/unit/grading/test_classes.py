"""Five classes as a credit officer reads them: arrears, cure, observation, contagion."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.grading.classes import Conduct, Grade, Spell, contagion, grades, own_grade
from kernel.grading.losses import (
    Stage,
    expected_loss_minor,
    loss_table,
    stage_of,
)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


TODAY = day("2026-12-31")
TABLE = loss_table(TODAY)
MONTHLY = tuple(datetime.date(2026, month, 20) for month in range(1, 13))


def loan(loan_id: str = "L-1", **fields: Any) -> Conduct:
    usual: dict[str, Any] = {
        "loan_id": loan_id,
        "debtor_id": "C-1",
        "is_retail": True,
        "exposure_minor": 100_000,
        "due_dates": MONTHLY,
    }
    return Conduct(**{**usual, **fields})


def late(days: int) -> Conduct:
    since = TODAY - datetime.timedelta(days=days)
    return loan(days_past_due=days, spells=(Spell(since),))


def test_days_past_due_set_the_floor() -> None:
    for days, grade in ((0, 1), (7, 1), (8, 2), (90, 2), (91, 3), (270, 3), (271, 4), (361, 5)):
        assert own_grade(late(days), TODAY).grade == grade, days


def test_a_non_performing_loan_is_cured_by_six_months_and_two_periods_on_time() -> None:
    bad = Spell(day("2026-01-20"), day("2026-05-01"))
    cured = loan(spells=(bad,))
    assert own_grade(cured, day("2026-10-31")).grade is Grade.SUBSTANDARD
    assert own_grade(cured, day("2026-11-01")).grade is Grade.NORMAL
    again = loan(spells=(bad, Spell(day("2026-08-20"), day("2026-08-25"))))
    assert own_grade(again, day("2026-11-01")).grade is Grade.SUBSTANDARD


def test_few_periods_keep_a_loan_uncured_however_long_ago() -> None:
    bad = Spell(day("2025-01-20"), day("2025-06-01"))
    yearly = loan(spells=(bad,), due_dates=(day("2025-01-20"), day("2026-01-20")))
    assert own_grade(yearly, TODAY).grade is Grade.SUBSTANDARD


def test_a_restructured_loan_is_observed_for_a_year() -> None:
    observed = loan(restructured_on=(day("2026-01-05"),), due_dates=(*MONTHLY, day("2027-01-20")))
    assert own_grade(observed, TODAY).grade is Grade.SPECIAL_MENTION
    assert own_grade(observed, day("2027-01-20")).grade is Grade.NORMAL


def test_a_missed_payment_starts_the_observation_anew() -> None:
    missed = loan(
        restructured_on=(day("2026-01-05"),),
        spells=(Spell(day("2026-06-20"), day("2026-06-22")),),
        due_dates=(*MONTHLY, day("2027-01-20")),
    )
    assert own_grade(missed, day("2027-01-20")).grade is Grade.SPECIAL_MENTION


def test_restructured_again_while_observed_is_substandard() -> None:
    twice = loan(restructured_on=(day("2026-01-05"), day("2026-08-05")))
    assert own_grade(twice, TODAY).grade is Grade.SUBSTANDARD
    once = own_grade(loan(restructured_on=(day("2026-08-05"),)), TODAY)
    assert once.grade is Grade.SPECIAL_MENTION


def test_a_company_whose_loans_fail_takes_its_others_along() -> None:
    def firm(loan_id: str, exposure_minor: int, days: int) -> Conduct:
        since = TODAY - datetime.timedelta(days=days)
        return loan(
            loan_id,
            is_retail=False,
            exposure_minor=exposure_minor,
            days_past_due=days,
            spells=(Spell(since),) if days else (),
        )

    many = grades([firm("bad", 101, 91), firm("good", 899, 0)], TODAY)
    assert many["good"].grade is Grade.SUBSTANDARD
    few = grades([firm("bad", 100, 91), firm("good", 900, 0)], TODAY)
    assert few["good"].grade is Grade.SPECIAL_MENTION
    person = [late(91), loan("L-2")]
    assert grades(person, TODAY)["L-2"].grade is Grade.NORMAL


def test_an_impaired_loan_is_graded_by_its_expected_loss() -> None:
    for share, grade in ((4_999, 3), (5_000, 4), (9_000, 5)):
        assert own_grade(loan(is_impaired=True, expected_loss_bp=share), TODAY).grade == grade


def test_people_may_set_a_worse_class_and_no_better_one() -> None:
    assert own_grade(loan(floors={"misuse": Grade.DOUBTFUL}), TODAY).grade is Grade.DOUBTFUL
    better = msgspec.structs.replace(late(91), floors={"hope": Grade.NORMAL})
    assert own_grade(better, TODAY).grade is Grade.SUBSTANDARD


def test_stages_go_back_only_after_periods_on_time() -> None:
    assert stage_of(late(31), own_grade(late(31), TODAY).grade, TODAY) is Stage.TWO
    assert stage_of(late(91), own_grade(late(91), TODAY).grade, TODAY) is Stage.THREE
    was = loan(spells=(Spell(day("2026-08-20"), day("2026-10-01")),))
    assert stage_of(was, Grade.NORMAL, day("2026-12-19")) is Stage.TWO
    assert stage_of(was, Grade.NORMAL, day("2026-12-20")) is Stage.ONE


@settings(max_examples=300, deadline=None)
@given(
    exposures=st.lists(st.integers(0, 10**12), min_size=1, max_size=30),
    rate_ppm=st.integers(0, 240_000),
    covered_minor=st.integers(0, 10**12),
    grade=st.sampled_from([Grade.NORMAL, Grade.SPECIAL_MENTION]),
)
def test_a_longer_look_costs_more_and_never_more_than_is_owed(
    exposures: list[int], rate_ppm: int, covered_minor: int, grade: Grade
) -> None:
    falling = sorted(exposures, reverse=True)
    one, two, three = (
        expected_loss_minor(TABLE, stage, grade, falling, rate_ppm, covered_minor)
        for stage in Stage
    )
    assert 0 <= one <= two <= falling[0]
    assert three <= falling[0]
    bare = expected_loss_minor(TABLE, Stage.TWO, grade, falling, rate_ppm)
    assert two <= bare, "collateral never adds to a loss"


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(Grade)), max_size=6))
def test_contagion_says_the_same_over_classes_that_it_has_lowered(
    loans: list[tuple[int, Grade]],
) -> None:
    floor = contagion(loans, TODAY)
    assert contagion([(minor, max(grade, floor)) for minor, grade in loans], TODAY) == floor
