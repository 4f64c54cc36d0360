"""States of entities as rules see them: folded from the log, cached, bounded, disposable.

A state is never stored as truth. What the cache holds is the fold of all facts up to the head that
the engine knows; after any doubt about the head the cache is emptied and folded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from kernel.common.facts import Fact
from kernel.eventstore.log import Log
from kernel.eventstore.snapshots import Snapshots

S = TypeVar("S")

SNAPSHOT_AFTER_FACTS = 200
"""A state folded from more facts than this is worth a snapshot."""

CACHED_STATES = 1_000_000
"""How many states stay in memory; see docs for the bytes of each."""


class Fold(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """How one kind of state is made: ``evolve`` over the facts of ``kind:id``, from ``initial``.

    ``born_at_position`` folds begin with the fact whose position is the entity's id.
    ``version`` changes when the meaning of the state changes; older snapshots are then ignored.
    ``running`` gives a short mutable form of a state on which common events can be folded
    cheaply, or None when the state has none; ``settled`` folds the form back. One fold has them.
    ``on_demand`` states are folded only for commands that ask for them, and kept for one batch.
    """

    name: str
    kind: str
    initial: S
    evolve: Callable[[S, Fact], S]
    version: int = 1
    born_at_position: bool = False
    running: Callable[[S], Any] | None = None
    settled: Callable[[S, Any], S] | None = None
    on_demand: bool = False


class States:
    """The cache of states, over the log."""

    def __init__(
        self, log: Log, folds: Iterable[Fold[Any]], snapshots: Snapshots, limit: int = CACHED_STATES
    ) -> None:
        self._log = log
        self._snapshots = snapshots
        self._limit = limit
        self._cached: dict[tuple[str, str], Any] = {}
        self._uncommitted: list[Fact] = []
        self._listed: dict[str, list[Fact]] = {}
        self._listed_count = 0
        self._folds_of: dict[str, list[Fold[Any]]] = {}
        self._fold_that_runs: Fold[Any] | None = None
        self._on_demand: dict[str, Fold[Any]] = {}
        self._demanded: dict[str, list[tuple[str, str]]] = {}
        self.running: dict[str, Any] = {}
        for fold in folds:
            if fold.on_demand:
                self._on_demand[fold.name] = fold
            self._folds_of.setdefault(fold.kind, []).append(fold)
            if fold.running is not None:
                self._fold_that_runs = fold

    def __len__(self) -> int:
        return len(self._cached)

    def get(self, fold: Fold[S], entity_id: str) -> S:
        """The state of one entity; folded from the log when it is not cached."""
        entity = f"{fold.kind}:{entity_id}"
        key = (fold.name, entity)
        if fold is self._fold_that_runs and entity_id in self.running:
            self._settle(entity_id)
        if key not in self._cached:
            self.load([] if fold.on_demand else [entity], [key] if fold.on_demand else [])
        state: S = self._cached.get(key, fold.initial)
        return state

    def run(self, entity_id: str) -> Any:
        """The running form of a state, to be changed in place; None when the state has none."""
        running = self.running.get(entity_id)
        if running is None and (fold := self._fold_that_runs) is not None:
            assert fold.running is not None
            running = fold.running(self.get(fold, entity_id))
            if running is not None:
                self.running[entity_id] = running
        return running

    def ran(self, facts: list[Fact]) -> None:
        """These facts were folded into running forms; into on-demand states they were not."""
        self._uncommitted += facts
        if self._demanded:
            for entity in {entity for fact in facts for entity in fact.event.entities}:
                self._drop_demanded(entity)

    def _settle(self, entity_id: str) -> None:
        """Fold a running form back into its state."""
        fold = self._fold_that_runs
        assert fold is not None
        assert fold.settled is not None
        key = (fold.name, f"{fold.kind}:{entity_id}")
        self._cached[key] = fold.settled(self._cached[key], self.running.pop(entity_id))

    def _drop_demanded(self, entity: str) -> None:
        for key in self._demanded.pop(entity, ()):
            self._cached.pop(key, None)

    def load(self, entities: Iterable[str], demanded: Iterable[tuple[str, str]] = ()) -> None:
        """Fold the entities that are not cached yet, all in one round trip to the log.

        ``demanded`` names on-demand states, as name of the fold and entity.
        """
        cold: dict[tuple[str, str], Fold[Any]] = {}
        for entity in entities:
            for fold in self._folds_of.get(entity.partition(":")[0], ()):
                if not fold.on_demand and (fold.name, entity) not in self._cached:
                    cold[fold.name, entity] = fold
        for key in demanded:
            if key not in self._cached:
                cold[key] = self._on_demand[key[0]]
                self._demanded.setdefault(key[1], []).append(key)
        if not cold:
            return
        kept = self._snapshots.load({key: fold.version for key, fold in cold.items()})
        after: dict[str, int] = {}
        for key in cold:
            position = kept[key].position if key in kept else 0
            after[key[1]] = min(position, after.get(key[1], position))
        histories = self._log.history(after)
        births = self._births(cold)
        uncommitted = self._uncommitted_by_entity()
        for key, fold in cold.items():
            state, since = fold.initial, 0
            if key in kept:
                state = msgspec.msgpack.decode(kept[key].data, type=type(fold.initial))
                since = kept[key].position
            facts = [*births.get(key, ()), *histories.get(key[1], ())]
            facts = [fact for fact in facts if fact.position > since]
            for fact in facts:
                state = fold.evolve(state, fact)
                since = fact.position
            if len(facts) > SNAPSHOT_AFTER_FACTS:
                data = msgspec.msgpack.encode(state)
                self._snapshots.save(key, facts[-1].position, fold.version, data)
            for fact in uncommitted.get(key[1], ()):
                if fact.position > since:
                    state = fold.evolve(state, fact)
            if state != fold.initial or not fold.born_at_position:
                self._cached[key] = state  # the position of an unborn one may be taken any time

    def _uncommitted_by_entity(self) -> dict[str, list[Fact]]:
        """Facts that are folded and not in the log yet; listed when a load asks for them."""
        for fact in self._uncommitted[self._listed_count :]:
            for entity in dict.fromkeys(fact.event.entities):
                self._listed.setdefault(entity, []).append(fact)
        self._listed_count = len(self._uncommitted)
        return self._listed

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
            kind, _, entity_id = entity.partition(":")
            for fold in self._folds_of.get(kind, ()):
                if fold is self._fold_that_runs and entity_id in self.running:
                    self._settle(entity_id)
                key = (fold.name, entity)
                state = cached.get(key)
                if state is not None:
                    cached[key] = fold.evolve(state, fact)

    def committed(self, count: int) -> None:
        """The first ``count`` facts of those folded since the last commit are in the log now."""
        del self._uncommitted[:count]
        self._unlist()

    def forget(self) -> None:
        """Drop everything: the head is in doubt, or a decision failed half-way."""
        self._cached.clear()
        self.running.clear()
        self._demanded.clear()
        self._uncommitted.clear()
        self._unlist()

    def _unlist(self) -> None:
        self._listed.clear()
        self._listed_count = 0

    def trim(self) -> None:
        """Between batches: keep the cache within its bound, the longest cached go first.

        On-demand states go all, so that plain transfers have none to heed.
        """
        for entity in list(self._demanded):
            self._drop_demanded(entity)
        excess = len(self._cached) - self._limit
        if excess > 0:
            for key in list(islice(self._cached, excess)):
                del self._cached[key]
                if self._fold_that_runs is not None and key[0] == self._fold_that_runs.name:
                    self.running.pop(key[1].partition(":")[2], None)
