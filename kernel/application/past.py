"""States as they were: folded from the log up to a position and a booking date, for questions.

``Books`` over it look up what the rules would have seen then, so a question about the past and a
decision of today are the same function.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import reduce
from itertools import islice
from typing import Any, TypeVar

from kernel.application.fold import Fold
from kernel.common.facts import Fact
from kernel.eventstore.log import Log

S = TypeVar("S")
ENTITIES_AT_ONCE = 2_000
"""How many histories one look is for, so that memory holds no more of them at a time."""


class PastStates:
    """Folds facts known at ``known_at`` and booked until ``as_of`` (None: all of them)."""

    def __init__(self, log: Log, known_at: int, as_of: datetime.date | None = None) -> None:
        self._log = log
        self._known_at = known_at
        self._as_of = as_of
        self._folded: dict[tuple[str, str], Any] = {}

    def get(self, fold: Fold[S], entity_id: str) -> S:
        """The state of one entity then. Not for folds that are born at a position."""
        if (fold.name, entity_id) not in self._folded:
            self.load([entity_id], fold)
        found: S = self._folded[fold.name, entity_id]
        return found

    def load(self, entity_ids: Iterable[str], *folds: Fold[Any]) -> None:
        """Fold many entities of one kind in a few looks, for ``get`` to find. Raises LogError."""
        [kind] = {fold.kind for fold in folds}
        assert not any(fold.born_at_position for fold in folds), folds
        left = iter(dict.fromkeys(entity_ids))
        while page := list(islice(left, ENTITIES_AT_ONCE)):
            histories = self._log.history({f"{kind}:{one}": 0 for one in page})
            for one in page:
                facts = [fact for fact in histories[f"{kind}:{one}"] if self._knows(fact)]
                for fold in folds:
                    self._folded[fold.name, one] = reduce(fold.evolve, facts, fold.initial)

    def _knows(self, fact: Fact) -> bool:
        return fact.position <= self._known_at and (
            self._as_of is None or fact.booking_date <= self._as_of
        )
