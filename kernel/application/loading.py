"""Cold states, folded from the log: many at once, from snapshots where there are any.

Everything that is cold is looked up in a few large looks, and what one look found is folded while
the next is under way. A history longer than a page is folded page by page, and what it came to so
far is kept as a snapshot: a load that was broken off goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, NamedTuple

import msgspec

from kernel.application.fold import Fold
from kernel.common.facts import Fact
from kernel.eventstore.log import Log
from kernel.eventstore.snapshots import Snapshot, SnapshotKey, Snapshots

SNAPSHOT_AFTER_FACTS = 200
"""A state folded from more facts than this is worth a snapshot."""

STATES_AT_ONCE = 4_000
"""How many states one look is for."""

LOOKS_AT_ONCE = 2

Cold = Mapping[SnapshotKey, Fold[Any]]
Page = dict[str, list[Fact]]


class Loaded(NamedTuple):
    """A state, and the position of the last fact of the log that is folded into it."""

    state: Any
    position: int


class Look(NamedTuple):
    """What one look found; pages behind the first one are read when they are asked for."""

    cold: Cold
    kept: dict[SnapshotKey, Snapshot]
    pages: Iterator[Page]


class Loader:
    """Folds states from the log."""

    def __init__(self, log: Log, snapshots: Snapshots) -> None:
        self._log = log
        self._snapshots = snapshots
        self._readers: ThreadPoolExecutor | None = None

    def load(self, cold: Cold) -> dict[SnapshotKey, Loaded]:
        """The states of entities, by name of the fold and entity. Raises LogError."""
        loaded: dict[SnapshotKey, Loaded] = {}
        if len(cold) <= STATES_AT_ONCE:
            self._fold(self._look(cold), loaded)
            return loaded
        if self._readers is None:
            self._readers = ThreadPoolExecutor(LOOKS_AT_ONCE, thread_name_prefix="load")
        left = iter(cold.items())
        parts = iter(lambda: dict(islice(left, STATES_AT_ONCE)), {})
        for look in self._readers.map(self._look, parts):
            self._fold(look, loaded)
        return loaded

    def close(self) -> None:
        """End the threads; a later load makes new ones."""
        if self._readers is not None:
            self._readers.shutdown()
            self._readers = None

    def _look(self, cold: Cold) -> Look:
        kept = self._snapshots.load({key: fold.version for key, fold in cold.items()})
        after: dict[str, int] = {}
        for key in cold:
            position = kept[key].position if key in kept else 0
            after[key[1]] = min(position, after.get(key[1], position))
        pages = self._log.history_pages(after)
        first = next(pages)
        for entity, fact in self._births(cold).items():
            first[entity] = [fact, *first.get(entity, ())]
        return Look(cold, kept, chain([first], pages))

    def _births(self, cold: Cold) -> dict[str, Fact]:
        """First facts of the entities whose id is a log position."""
        wanted = {
            int(entity.partition(":")[2]): entity
            for (_, entity), fold in cold.items()
            if fold.born_at_position
        }
        if not wanted:
            return {}
        return {wanted[fact.position]: fact for fact in self._log.facts_at(list(wanted))}

    def _fold(self, look: Look, loaded: dict[SnapshotKey, Loaded]) -> None:
        """Fold what a look found, over its pages."""
        of_entity: dict[str, list[SnapshotKey]] = {}
        for key, fold in look.cold.items():
            of_entity.setdefault(key[1], []).append(key)
            loaded[key] = _begun(fold, look.kept.get(key))
        for page in look.pages:
            long: dict[SnapshotKey, Snapshot] = {}
            for entity, facts in page.items():
                for key in of_entity[entity]:
                    fold = look.cold[key]
                    loaded[key] = one = _folded(fold, loaded[key], facts)
                    if len(facts) > SNAPSHOT_AFTER_FACTS:
                        long[key] = snapshot_of(fold, one.state, one.position)
            if long:
                self._snapshots.save(long)


def snapshot_of(fold: Fold[Any], state: Any, position: int) -> Snapshot:
    """A state as a snapshot, folded up to a position of the log."""
    return Snapshot(position, fold.version, msgspec.msgpack.encode(state))


def _begun(fold: Fold[Any], kept: Snapshot | None) -> Loaded:
    if kept is None:
        return Loaded(fold.initial, 0)
    return Loaded(msgspec.msgpack.decode(kept.data, type=type(fold.initial)), kept.position)


def _folded(fold: Fold[Any], begun: Loaded, facts: list[Fact]) -> Loaded:
    state, position = begun
    evolve = fold.evolve
    for fact in facts:
        if fact.position > position:
            state = evolve(state, fact)
            position = fact.position
    return Loaded(state, position)
