"""States as they were: folded from the log up to a position and a booking date, for questions.

``Books`` over it look up what the rules would have seen then, so a question about the past and a
decision of today are the same function.
"""

from __future__ import annotations

import datetime
from typing import Any, TypeVar

from kernel.application.fold import Fold
from kernel.eventstore.log import Log

S = TypeVar("S")


class PastStates:
    """Folds facts known at ``known_at`` and booked until ``as_of`` (None: all of them)."""

    def __init__(self, log: Log, known_at: int, as_of: datetime.date | None = None) -> None:
        self._log = log
        self._known_at = known_at
        self._as_of = as_of
        self._folded: dict[tuple[str, str], Any] = {}

    def get(self, fold: Fold[S], entity_id: str) -> S:
        """The state of one entity then. Not for folds that are born at a position."""
        assert not fold.born_at_position, fold.name
        key = fold.name, entity_id
        if key not in self._folded:
            entity = f"{fold.kind}:{entity_id}"
            state = fold.initial
            for fact in self._log.history({entity: 0})[entity]:
                if fact.position <= self._known_at and (
                    self._as_of is None or fact.booking_date <= self._as_of
                ):
                    state = fold.evolve(state, fact)
            self._folded[key] = state
        found: S = self._folded[key]
        return found
