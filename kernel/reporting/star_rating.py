"""Stars of a customer (客户星级), 1 to 7: points by a table that a bank versions.

Each measure is cut into steps; the points of its step are weighted and summed. No star is given
below the first cut-off.

Units: ``weight_bp`` basis points of the whole; points 0 to 100.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.reporting.customer_tags import STANDARD as THRESHOLDS
from kernel.reporting.customer_tags import TAGS, Thresholds
from kernel.reporting.customer_view import WHOLE_BP, CustomerView
from kernel.reporting.table import Parts

Points = Annotated[int, Field(ge=0, le=100)]


class Measure(BaseModel):
    """A tag and the points from each step on: (least value, points), ascending."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tag: str
    weight_bp: Annotated[int, Field(ge=0, le=WHOLE_BP)]
    steps: tuple[tuple[int, Points], ...]

    def points(self, value: int) -> int:
        """Points of the highest step that the value reaches; none below the first."""
        return max((points for least, points in self.steps if value >= least), default=0)


class RatingTable(BaseModel):
    """One version of the rating: measures, and the least points of stars 2 to 7."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_id: str
    measures: tuple[Measure, ...]
    stars: tuple[Points, Points, Points, Points, Points, Points]

    @model_validator(mode="after")
    def _whole(self) -> RatingTable:
        if sum(each.weight_bp for each in self.measures) != WHOLE_BP:
            raise ValueError("measures: the weights do not sum to one")
        known = {tag.name for tag in TAGS}
        if unknown := [each.tag for each in self.measures if each.tag not in known]:
            raise ValueError(f"measures: {unknown[0]} is no tag")
        if list(self.stars) != sorted(set(self.stars)):
            raise ValueError("stars: not ascending")
        return self


STANDARD = RatingTable(
    table_id="stars.v1",
    measures=(
        Measure(
            tag="deposits_avg_90d_minor",
            weight_bp=4_000,
            steps=(
                (1_000_000, 20), (5_000_000, 40), (20_000_000, 60), (50_000_000, 75),
                (100_000_000, 90), (600_000_000, 100),
            ),
        ),
        Measure(tag="products", weight_bp=2_500, steps=((1, 30), (2, 60), (3, 80), (5, 100))),
        Measure(
            tag="interest_paid_minor",
            weight_bp=2_000,
            steps=((1, 20), (100_000, 50), (1_000_000, 80), (5_000_000, 100)),
        ),
        Measure(tag="tenure_days", weight_bp=1_000, steps=((180, 30), (730, 70), (1_825, 100))),
        Measure(tag="movements_90d", weight_bp=500, steps=((1, 40), (30, 80), (100, 100))),
    ),
    stars=(20, 35, 50, 62, 74, 88),
)  # fmt: skip
"""A starting point of the bank's own."""


def star_rating(
    view: CustomerView, table: RatingTable = STANDARD, thresholds: Thresholds = THRESHOLDS
) -> Parts:
    """A row a measure with its points, and last the sum with the stars."""
    makes = {tag.name: tag.make for tag in TAGS}
    columns = ("measure", "value", "points", "weight_bp", "stars", "table")
    rows: list[tuple[str, int | None, int, int, int | None, str]] = []
    for each in table.measures:
        value = int(makes[each.tag](view, thresholds) or 0)  # type: ignore[arg-type]
        rows.append((each.tag, value, each.points(value), each.weight_bp, None, table.table_id))
    whole = sum(points * weight for _, _, points, weight, _, _ in rows) // WHOLE_BP
    stars = 1 + sum(whole >= least for least in table.stars)
    rows.append(("SUM", None, whole, WHOLE_BP, stars, table.table_id))
    return columns, rows
