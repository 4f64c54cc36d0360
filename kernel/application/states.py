"""States of entities as rules see them: folded from the log, cached, bounded, disposable.

A state is never stored as truth. What the cache holds is the fold of all facts up to the head that
the engine knows; after any doubt about the head the cache is emptied and folded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from kernel.common.facts import Fact
from kernel.eventstore.log import Log
from kernel.eventstore.snapshots import Snapshots

S = TypeVar("S")

SNAPSHOT_AFTER_FACTS = 1_000
"""A state folded from more facts than this is worth a snapshot."""


class Fold(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """How one kind of state is made: ``evolve`` over the facts of ``kind:id``, from ``initial``.

    ``born_at_position`` folds begin with the fact whose position is the entity's id.
    ``version`` changes when the meaning of the state changes; older snapshots are then ignored.
    """

    name: str
    kind: str
    initial: S
    evolve: Callable[[S, Fact], S]
    version: int = 1
    born_at_position: bool = False


class States:
    """The cache of states, over the log."""

    def __init__(
        self, log: Log, folds: Iterable[Fold[Any]], snapshots: Snapshots, limit: int = 200_000
    ) -> None:
        self._log = log
        self._snapshots = snapshots
        self._limit = limit
        self._cached: dict[tuple[str, str], Any] = {}
        self._uncommitted: list[Fact] = []
        self._folds_of: dict[str, list[Fold[Any]]] = {}
        for fold in folds:
            self._folds_of.setdefault(fold.kind, []).append(fold)

    def __len__(self) -> int:
        return len(self._cached)

    def get(self, fold: Fold[S], entity_id: str) -> S:
        """The state of one entity; folded from the log when it is not cached."""
        entity = f"{fold.kind}:{entity_id}"
        key = (fold.name, entity)
        if key not in self._cached:
            self.load([entity])
        state: S = self._cached.get(key, fold.initial)
        return state

    def load(self, entities: Iterable[str]) -> None:
        """Fold the entities that are not cached yet, all in one round trip to the log."""
        cold: dict[tuple[str, str], Fold[Any]] = {}
        for entity in entities:
            for fold in self._folds_of.get(entity.partition(":")[0], ()):
                if (fold.name, entity) not in self._cached:
                    cold[fold.name, entity] = fold
        if not cold:
            return
        kept = self._snapshots.load({key: fold.version for key, fold in cold.items()})
        after: dict[str, int] = {}
        for key in cold:
            position = kept[key].position if key in kept else 0
            after[key[1]] = min(position, after.get(key[1], position))
        histories = self._log.history(after)
        births = self._births(cold)
        for key, fold in cold.items():
            state, since = fold.initial, 0
            if key in kept:
                state = msgspec.msgpack.decode(kept[key].data, type=type(fold.initial))
                since = kept[key].position
            facts = [*births.get(key, ()), *histories.get(key[1], ())]
            facts = [fact for fact in facts if fact.position > since]
            for fact in facts:
                state = fold.evolve(state, fact)
            if len(facts) > SNAPSHOT_AFTER_FACTS:
                data = msgspec.msgpack.encode(state)
                self._snapshots.save(key, facts[-1].position, fold.version, data)
            for fact in self._uncommitted:
                if key[1] in fact.event.entities:
                    state = fold.evolve(state, fact)
            if state != fold.initial or not fold.born_at_position:
                self._cached[key] = state  # the position of an unborn one may be taken any time

    def _births(self, cold: dict[tuple[str, str], Fold[Any]]) -> dict[tuple[str, str], list[Fact]]:
        """First facts of the entities whose id is a log position."""
        wanted = {
            key: int(key[1].partition(":")[2])
            for key, fold in cold.items()
            if fold.born_at_position
        }
        if not wanted:
            return {}
        facts = {fact.position: fact for fact in self._log.facts_at(list(wanted.values()))}
        facts |= {fact.position: fact for fact in self._uncommitted}
        return {key: [facts[at]] for key, at in wanted.items() if at in facts}

    def evolve(self, fact: Fact) -> None:
        """Fold a new fact into every cached state that it touches."""
        cached = self._cached
        self._uncommitted.append(fact)
        for entity in fact.event.entities:
            for fold in self._folds_of.get(entity.partition(":")[0], ()):
                key = (fold.name, entity)
                state = cached.get(key)
                if state is not None:
                    cached[key] = fold.evolve(state, fact)

    def committed(self) -> None:
        """What was folded since the last commit is in the log now."""
        self._uncommitted.clear()

    def forget(self) -> None:
        """Drop everything: the head is in doubt, or a decision failed half-way."""
        self._cached.clear()
        self._uncommitted.clear()

    def trim(self) -> None:
        """Between batches: keep the cache within its bound, the longest cached go first."""
        excess = len(self._cached) - self._limit
        if excess > 0:
            for key in list(self._cached)[:excess]:
                del self._cached[key]
