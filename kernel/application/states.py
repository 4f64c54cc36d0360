"""States of entities as rules see them: folded from the log, cached, bounded, disposable.

A state is never stored as truth. What the cache holds is the fold of all facts up to the head that
the engine knows; after any doubt about the head the cache is emptied and folded again.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from kernel.application.fold import Fold
from kernel.application.keeping import Due, Keeper
from kernel.application.loading import Loader
from kernel.common.facts import Fact
from kernel.eventstore.log import Log
from kernel.eventstore.snapshots import SnapshotKey, Snapshots

S = TypeVar("S")

CACHED_STATES = 1_000_000
"""How many states of a kind stay in memory; docs/how-to-operator.md says what they take."""

SNAPSHOT_EVERY = 499
"""Whoever is touched by every so manieth fact of the log gets a snapshot.

So an account is seldom more than some times as many of its own facts ahead of its snapshot, however
busy it is and whatever else is, and nothing is counted. A prime keeps step with no file of orders.
"""


class States:
    """The cache of states, over the log."""

    def __init__(
        self, log: Log, folds: Iterable[Fold[Any]], snapshots: Snapshots, limit: int = CACHED_STATES
    ) -> None:
        self._loader = Loader(log, snapshots)
        self._keeper = Keeper(snapshots)
        self._limit = limit
        self._cached: dict[str, dict[str, Any]] = {}
        self._uncommitted: list[Fact] = []
        self._listed: dict[str, list[Fact]] = {}
        self._listed_count = 0
        self._due: list[Due] = []
        self._folds_of: dict[str, list[Fold[Any]]] = {}
        self._kinds_born: list[str] = []
        self._fold_that_runs: Fold[Any] | None = None
        self._on_demand: dict[str, Fold[Any]] = {}
        self._demanded: dict[str, list[str]] = {}
        self.running: dict[str, Any] = {}
        for fold in folds:
            self._cached[fold.name] = {}
            if fold.on_demand:
                self._on_demand[fold.name] = fold
            self._folds_of.setdefault(fold.kind, []).append(fold)
            if fold.running is not None:
                self._fold_that_runs = fold
            if fold.born_at_position:
                self._kinds_born.append(fold.kind)

    def __len__(self) -> int:
        return sum(map(len, self._cached.values()))

    def get(self, fold: Fold[S], entity_id: str) -> S:
        """The state of one entity; folded from the log when it is not cached."""
        if fold is self._fold_that_runs and entity_id in self.running:
            self._settle(entity_id)
        cached = self._cached[fold.name]
        if entity_id not in cached:
            entity = f"{fold.kind}:{entity_id}"
            if fold.on_demand:
                self.load([], [(fold.name, entity)])
            else:
                self.load([entity])
        state: S = cached.get(entity_id, fold.initial)
        return state

    def run(self, entity_id: str) -> Any:
        """The running form of a state, to be changed in place.

        None when the state has none, or is not in memory.
        """
        running = self.running.get(entity_id)
        if running is None and (fold := self._fold_that_runs) is not None:
            assert fold.running is not None
            state = self._cached[fold.name].get(entity_id)
            running = None if state is None else fold.running(state)
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
        cached = self._cached[fold.name]
        cached[entity_id] = fold.settled(cached[entity_id], self.running.pop(entity_id))

    def _drop_demanded(self, entity: str) -> None:
        for name in self._demanded.pop(entity, ()):
            self._cached[name].pop(entity.partition(":")[2], None)

    def load(self, entities: Iterable[str], demanded: Iterable[tuple[str, str]] = ()) -> None:
        """Fold the entities that are not cached yet, all together. Raises LogError.

        ``demanded`` names on-demand states, as name of the fold and entity.
        """
        cold: dict[SnapshotKey, Fold[Any]] = {}
        for entity in entities:
            kind, _, entity_id = entity.partition(":")
            for fold in self._folds_of.get(kind, ()):
                if not fold.on_demand and entity_id not in self._cached[fold.name]:
                    cold[fold.name, entity] = fold
        for name, entity in demanded:
            if entity.partition(":")[2] not in self._cached[name]:
                cold[name, entity] = self._on_demand[name]
                self._demanded.setdefault(entity, []).append(name)
        if not cold:
            return
        loaded = self._loader.load(cold)
        uncommitted = self._uncommitted_by_entity()
        for (name, entity), fold in cold.items():
            state, position = loaded[name, entity]
            for fact in uncommitted.get(entity, ()):
                if fact.position > position:
                    state = fold.evolve(state, fact)
            if state != fold.initial or not fold.born_at_position:
                # the position of an unborn one may be taken any time
                self._cached[name][entity.partition(":")[2]] = state

    def _uncommitted_by_entity(self) -> dict[str, list[Fact]]:
        """Facts that are folded and not in the log yet; listed when a load asks for them."""
        for fact in self._uncommitted[self._listed_count :]:
            born = [f"{kind}:{fact.position}" for kind in self._kinds_born]
            for entity in dict.fromkeys([*fact.event.entities, *born]):
                self._listed.setdefault(entity, []).append(fact)
        self._listed_count = len(self._uncommitted)
        return self._listed

    def evolve(self, fact: Fact) -> None:
        """Fold a new fact into every cached state that it touches."""
        self._uncommitted.append(fact)
        for entity in fact.event.entities:
            kind, _, entity_id = entity.partition(":")
            for fold in self._folds_of.get(kind, ()):
                if fold is self._fold_that_runs and entity_id in self.running:
                    self._settle(entity_id)
                cached = self._cached[fold.name]
                state = cached.get(entity_id)
                if state is not None:
                    cached[entity_id] = fold.evolve(state, fact)

    def decided(self, facts: list[Fact]) -> None:
        """A batch ends with these facts: some of the states that they touch are to be kept.

        They are written when the batch has been committed, and forgotten when it was not.
        """
        if not facts:
            return
        chosen: dict[str, None] = {}
        for fact in facts[-facts[0].position % SNAPSHOT_EVERY :: SNAPSHOT_EVERY]:
            chosen.update(dict.fromkeys(fact.event.entities))
        position = facts[-1].position
        for entity in chosen:
            kind, _, entity_id = entity.partition(":")
            for fold in self._folds_of.get(kind, ()):
                if entity_id in self._cached[fold.name]:
                    state = self.get(fold, entity_id)
                    self._due.append(Due((fold.name, entity), fold, state, position))

    def committed(self, count: int) -> None:
        """The first ``count`` facts of those folded since the last commit are in the log now."""
        if self._due and count:
            position = self._uncommitted[count - 1].position
            self._keeper.keep([due for due in self._due if due.position <= position])
            self._due = [due for due in self._due if due.position > position]
        del self._uncommitted[:count]
        self._unlist()

    def forget(self) -> None:
        """Drop everything: the head is in doubt, or a decision failed half-way."""
        for cached in self._cached.values():
            cached.clear()
        self.running.clear()
        self._demanded.clear()
        self._uncommitted.clear()
        self._due.clear()
        self._unlist()

    def close(self) -> None:
        """Write the snapshots that wait to be written, and end the threads."""
        self._keeper.close()
        self._loader.close()

    def _unlist(self) -> None:
        self._listed.clear()
        self._listed_count = 0

    def trim(self) -> None:
        """Between batches: keep each kind of state within its bound; on-demand ones go all.

        The longest cached go first; a state that ran since it was last passed over is passed over
        once more, while there are others. A little more than needed goes, so that it is rarely
        done.
        """
        for entity in list(self._demanded):
            self._drop_demanded(entity)
        for name, cached in self._cached.items():
            excess = len(cached) - self._limit
            if excess > 0:
                self._evict(name, excess + self._limit // 100)

    def _evict(self, name: str, count: int) -> None:
        cached = self._cached[name]
        runs = self._fold_that_runs is not None and name == self._fold_that_runs.name
        running = self.running if runs else {}
        oldest = list(islice(cached, 2 * count))
        ran = [entity_id for entity_id in oldest if entity_id in running]
        idle = [entity_id for entity_id in oldest if entity_id not in running]
        out = [*idle, *ran][:count]
        for entity_id in out:
            del cached[entity_id]
            running.pop(entity_id, None)
        for entity_id in ran:
            if entity_id in running:
                self._settle(entity_id)
                cached[entity_id] = cached.pop(entity_id)
