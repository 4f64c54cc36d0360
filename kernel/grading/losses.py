"""Stages and expected credit losses (预期信用损失): whole numbers from tables that a bank versions.

``loss = sum of weight x sum of marginal PD x LGD x exposure / (1 + rate)^t`` over scenarios and
years; stage 1 takes the first year alone. Each quotient is kept as a fraction and
rounded once, at the end.

Units: whole minor units; ``*_ppm`` parts per million (of a year for rates).
Source: CAS 22 (企业会计准则第22号) and IFRS 9, section 5.5 (three stages, 30 and 90 days).
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from enum import IntEnum
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.common.policy import PolicyTable
from kernel.common.rounding import Rounding, rounded
from kernel.grading.classes import Conduct, Grade
from kernel.grading.policy import POLICY

MILLION = 1_000_000
YEARS_MAX = 40
SCENARIOS = ("base", "up", "down")
Ppm = Annotated[int, Field(ge=0, le=MILLION)]


class Stage(IntEnum):
    """The stage of a loan: performing, risk significantly up, credit-impaired."""

    ONE = 1
    TWO = 2
    THREE = 3


class Scenario(BaseModel):
    """A forward-looking scenario: its weight and what it does to the probability of default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    weight_ppm: Ppm
    pd_multiplier_ppm: Annotated[int, Field(ge=0, le=10 * MILLION)]


class LossTable(BaseModel):
    """The parameters of one version: PD a year by class, LGD without collateral and its floor.

    ``pd_ppm`` stands in the order of the classes; what is non-performing has defaulted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_id: str
    pd_ppm: tuple[Ppm, Ppm, Ppm, Ppm, Ppm]
    lgd_ppm: Ppm
    lgd_floor_ppm: Ppm
    scenarios: tuple[Scenario, ...]

    @model_validator(mode="after")
    def _whole(self) -> LossTable:
        if sum(each.weight_ppm for each in self.scenarios) != MILLION:
            raise ValueError("scenarios: the weights do not sum to one")
        if self.lgd_floor_ppm > self.lgd_ppm:
            raise ValueError("lgd_floor_ppm: above lgd_ppm")
        return self

    @cached_property
    def first_year(self) -> tuple[int, ...]:
        """Weight times PD of a year over the scenarios, by class, in parts of 10**12."""
        return tuple(
            sum(each.weight_ppm * _pd_ppm(pd_ppm, each) for each in self.scenarios)
            for pd_ppm in self.pd_ppm
        )


def _pd_ppm(pd_ppm: int, scenario: Scenario) -> int:
    return min(MILLION, pd_ppm * scenario.pd_multiplier_ppm // MILLION)


@lru_cache(maxsize=64)
def loss_table(on: datetime.date, policy: PolicyTable = POLICY) -> LossTable:
    """The table in force on a day, made of the policy's rows and named after the newest of them.

    >>> loss_table(datetime.date(2026, 3, 2)).table_id
    'bank.2007-01-01'
    """
    rows = {row.key: row for row in policy.rows() if row.key.startswith("loss.")}
    found = {key: policy.row(key, on) for key in rows}

    def value(key: str) -> int:
        return found[f"loss.{key}"].value

    return LossTable(
        table_id=f"bank.{max(row.effective_from for row in found.values())}",
        pd_ppm=tuple(value(f"pd_ppm.{grade.name.lower()}") for grade in Grade),
        lgd_ppm=value("lgd_ppm"),
        lgd_floor_ppm=value("lgd_floor_ppm"),
        scenarios=tuple(
            Scenario(
                name=name,
                weight_ppm=value(f"weight_ppm.{name}"),
                pd_multiplier_ppm=value(f"pd_multiplier_ppm.{name}"),
            )
            for name in SCENARIOS
        ),
    )


def stage_of(
    conduct: Conduct, grade: Grade, on: datetime.date, policy: PolicyTable = POLICY
) -> Stage:
    """The stage by days past due and class; back to stage 1 only after on-time periods."""
    days = conduct.days_past_due
    if grade.is_non_performing or days > policy.value("stage.default_over_days", on):
        return Stage.THREE
    significant = policy.value("stage.significant_over_days", on)
    if grade is Grade.SPECIAL_MENTION or days > significant:
        return Stage.TWO
    ended = [s.ended for s in conduct.spells if s.ended and s.days(on) > significant]
    if ended:
        on_time = [day for day in conduct.due_dates if max(ended) < day <= on]
        if len(on_time) < policy.value("stage.cure_periods", on):
            return Stage.TWO
    return Stage.ONE


def stage_at(own: Stage, grade: Grade) -> Stage:
    """The stage of a loan whose class was lowered from its own: never better than its own stage.

    >>> stage_at(Stage.ONE, Grade.SPECIAL_MENTION), stage_at(Stage.TWO, Grade.NORMAL)
    (<Stage.TWO: 2>, <Stage.TWO: 2>)
    """
    if grade.is_non_performing:
        return Stage.THREE
    return max(own, Stage.TWO) if grade is Grade.SPECIAL_MENTION else own


def loss_given_default_ppm(table: LossTable, exposure_minor: int, covered_minor: int) -> int:
    """What is lost of an exposure in default: the uncovered part at the table's rate, or the floor.

    >>> table = loss_table(datetime.date(2026, 3, 2))
    >>> loss_given_default_ppm(table, 1_000, 600), loss_given_default_ppm(table, 1_000, 1_000)
    (180000, 100000)
    """
    if not exposure_minor:
        return 0
    uncovered = max(0, exposure_minor - covered_minor)
    share = rounded(table.lgd_ppm * uncovered, exposure_minor, Rounding.UP)
    return max(table.lgd_floor_ppm, share)


def expected_loss_minor(
    table: LossTable,
    stage: Stage,
    grade: Grade,
    exposures_minor: Sequence[int],
    rate_ppm: int,
    covered_minor: int = 0,
) -> int:
    """The allowance that a loan asks for, never more than its exposure.

    ``exposures_minor`` is what is owed at the start of each year from now; the first is today's.
    ``rate_ppm`` discounts. Rounded up: an allowance is not below the loss expected.

    >>> table = loss_table(datetime.date(2026, 3, 2))
    >>> expected_loss_minor(table, Stage.ONE, Grade.NORMAL, [1_000_000], 0)
    5040
    >>> expected_loss_minor(table, Stage.THREE, Grade.LOSS, [1_000_000], 0, covered_minor=0)
    450000
    """
    assert len(exposures_minor) <= YEARS_MAX, len(exposures_minor)
    if not exposures_minor or not exposures_minor[0]:
        return 0
    lgd = loss_given_default_ppm(table, exposures_minor[0], covered_minor)
    if stage is Stage.THREE:
        return rounded(exposures_minor[0] * lgd, MILLION, Rounding.UP)
    if stage is Stage.ONE:
        expected_ppm = exposures_minor[0] * table.first_year[grade - 1] * lgd
        return rounded(expected_ppm, MILLION**3, Rounding.UP)
    years = exposures_minor
    expected = sum(
        (
            Fraction(scenario.weight_ppm, MILLION) * _loss(table, scenario, grade, years, rate_ppm)
            for scenario in table.scenarios
        ),
        Fraction(0),
    ) * Fraction(lgd, MILLION)
    return rounded(expected.numerator, expected.denominator, Rounding.UP)


def _loss(
    table: LossTable, scenario: Scenario, grade: Grade, years: Sequence[int], rate_ppm: int
) -> Fraction:
    """Exposure at default, weighted by the marginal probability of each year and discounted."""
    pd_ppm = _pd_ppm(table.pd_ppm[grade - 1], scenario)
    survives, discount, total = Fraction(1), Fraction(1), Fraction(0)
    yearly = Fraction(pd_ppm, MILLION)
    step = Fraction(MILLION, MILLION + rate_ppm)
    for exposure_minor in years:
        total += survives * yearly * exposure_minor * discount
        survives *= 1 - yearly
        discount *= step
    return total
