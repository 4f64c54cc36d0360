"""Outlooks of many loans as columns: their figures on a day without folding any of them.

Units: whole minor units in int64; days are ordinals. Row i of every column is loan i.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from cython_ext.outlooks import FIGURES, WIDTH, add_amounts
from kernel.loans.clocks import readings
from kernel.loans.outlook import (
    GROWS_COMPOUND,
    GROWS_INTEREST,
    GROWS_PENALTY,
    ON_BALANCE,
    Carried,
    Outlook,
)
from kernel.loans.standing import Amounts, Recognised

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
OWN = Outlook._fields[: Outlook._fields.index("carried")]
SCALARS = (*OWN, *Carried._fields)
"""Figures of a loan on its day; ``accrued_minor``, ``due_minor`` and the amounts go on by its
pieces."""
PARTS = Amounts.__struct_fields__
_FIELDS = {field.name: field.type is Amounts for field in msgspec.structs.fields(Recognised)}
AMOUNTS = tuple(
    name
    for field, is_split in _FIELDS.items()
    for name in ([f"{field}.{part}" for part in PARTS] if is_split else [field])
)
"""The amount types of a loan: the fields of ``Recognised`` in order, split ones by component."""
PLACE = {name: place for place, name in enumerate(AMOUNTS)}
INSIDE = [field for field in ("on_balance", "earned") if field in _FIELDS]
"""What grows while the claim stands in the books; outside them ``off_balance`` does."""
GROWING = {
    GROWS_INTEREST: ("interest_accrued_minor", "interest_minor"),
    GROWS_PENALTY: ("penalty_accrued_minor", "penalty_minor"),
    GROWS_COMPOUND: ("compound_accrued_minor", "compound_minor"),
}


class Columns:
    """N loans: ``scalars`` (N × scalars), ``amounts`` (N × types) and the rows of their pieces."""

    def __init__(self, scalars: Ints, amounts: Ints, rows: Ints) -> None:
        self.scalars, self.amounts, self.rows = scalars, amounts, rows

    def __len__(self) -> int:
        return len(self.scalars)

    @classmethod
    def empty(cls) -> Columns:
        """No loans."""
        shapes = ((0, len(SCALARS)), (0, len(AMOUNTS)), (0, WIDTH))
        return cls(*(np.zeros(shape, np.int64) for shape in shapes))

    def column(self, name: str) -> Ints:
        """One of the scalars, for every loan."""
        return self.scalars[:, SCALARS.index(name)]

    def put(self, outlooks: Mapping[int, Outlook]) -> None:
        """Replace the loans at these places; places beyond the end are added, without gaps."""
        if not outlooks:
            return
        count = max(len(self), max(outlooks) + 1)
        self.scalars = _longer(self.scalars, count)
        self.amounts = _longer(self.amounts, count)
        places = np.fromiter(outlooks, np.int64, len(outlooks))
        found = list(outlooks.values())
        self.scalars[places] = np.array([(*o[: len(OWN)], *o.carried) for o in found], np.int64)
        self.amounts[places] = [_flat(o.recognised) for o in found]
        kept = self.rows[~np.isin(self.rows[:, 0], places)]
        rows = [(place, *row) for place, o in outlooks.items() for row in o.rows]
        fresh = np.array(rows, np.int64).reshape(len(rows), WIDTH)
        self.rows = np.ascontiguousarray(np.concatenate([kept, fresh]))

    def resize(self, count: int) -> None:
        """Make it so many loans: the last ones go, new ones are zero and stale on any day."""
        if count < len(self):
            self.scalars, self.amounts = self.scalars[:count], self.amounts[:count]
            self.rows = np.ascontiguousarray(self.rows[self.rows[:, 0] < count])
        self.scalars = _longer(self.scalars, count)
        self.amounts = _longer(self.amounts, count)

    def freeze(self, places: Sequence[int]) -> None:
        """Let nothing grow at these places, and take them for stale on any day."""
        if places:
            self.column("next_day")[np.array(places)] = 0
            self.rows = np.ascontiguousarray(self.rows[~np.isin(self.rows[:, 0], places)])

    def letting_grow(self, those: Bools) -> Columns:
        """The same loans, but nothing grows at the others, whose figures of a day are no answer."""
        rows = np.ascontiguousarray(self.rows[those[self.rows[:, 0]]])
        return Columns(self.scalars, self.amounts, rows)

    def stale(self, day: int) -> Ints:
        """Places of the loans that must be folded again to be known on a day."""
        return np.flatnonzero((self.column("next_day") <= day) | (self.column("day") > day))

    def grown(self, day: int) -> Ints:
        """How much interest, penalty and compound interest came since each loan's day (N × 3)."""
        sums = np.zeros(len(self) * FIGURES, np.int64)
        add_amounts(self.rows.reshape(-1), np.array(readings(day), np.int64), day, sums)
        return sums.reshape(len(self), FIGURES)

    def at(self, day: int) -> Ints:
        """Every amount type of every loan on a day (N × types).

        Right for every loan that is not ``stale``. Raises OverflowError for rows out of bounds.
        """
        grown, found = self.grown(day), self.amounts.copy()
        inside = self.column("place") == ON_BALANCE
        for figure, (total, part) in GROWING.items():
            more = grown[:, figure]
            found[:, PLACE[total]] += more
            for field in INSIDE:
                found[:, PLACE[f"{field}.{part}"]] += np.where(inside, more, 0)
            found[:, PLACE[f"off_balance.{part}"]] += np.where(inside, 0, more)
        return found

    def due(self, day: int) -> Ints:
        """What has fallen due and is unpaid on a day, with what lateness has cost by then."""
        late = self.grown(day)[:, [GROWS_PENALTY, GROWS_COMPOUND]].sum(axis=1)
        owed: Ints = self.column("due_minor") + late
        return owed

    def days_past_due(self, day: int) -> Ints:
        """Days since the oldest unpaid due date; 0 for a loan that is not late."""
        since = self.column("since")
        return np.where(since > 0, day - since, 0)


def recognised(amounts: Sequence[Any]) -> Recognised:
    """Amounts in the order of ``AMOUNTS``, of one loan or each of many, as cumulative amounts."""
    values = iter(amounts)
    fields: dict[str, Any] = {
        field: Amounts(**{part: next(values) for part in PARTS}) if is_split else next(values)
        for field, is_split in _FIELDS.items()
    }
    return Recognised(**fields)


def _flat(found: Recognised) -> list[int]:
    values: list[int] = []
    for value in msgspec.structs.astuple(found):
        values += msgspec.structs.astuple(value) if isinstance(value, Amounts) else (value,)
    return values


def _longer(column: Ints, count: int) -> Ints:
    if count == len(column):
        return column
    return np.concatenate([column, np.zeros((count - len(column), column.shape[1]), np.int64)])
