"""The log in memory: for rules, engines and tests that need no durability."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence

from kernel.common.facts import Fact
from kernel.eventstore.errors import CommandKeyTaken, HeadMoved
from kernel.eventstore.log import (
    EMPTY,
    Answer,
    Batch,
    CommandKey,
    Head,
    StoredRefusal,
    at_once,
    require_consecutive,
)


class MemoryLog:
    """Facts in a list, under one lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._head = EMPTY
        self._facts: list[Fact] = []
        self._of_entity: dict[str, list[Fact]] = {}
        self._of_command: dict[CommandKey, tuple[Fact, ...]] = {}
        self._refusals: dict[CommandKey, StoredRefusal] = {}

    def head(self) -> Head:
        """See Log.head."""
        with self._lock:
            return self._head

    def packed(self, batch: Batch) -> Batch:
        """See Log.packed; there is nothing to do."""
        return batch

    def append(
        self,
        batch: Batch,
        expected: Head,
        *,
        timeout_seconds: float,
        turn: Callable[[], None] = at_once,
    ) -> Head:
        """See Log.append; never waits itself, so the time-out has no meaning here."""
        require_consecutive(batch, expected)
        turn()
        with self._lock:
            if expected != self._head:
                raise HeadMoved(f"the log ends at {self._head}, not at {expected}")
            commands = self._new_commands(batch)
            refusals = self._new_refusals(batch)
            self._facts.extend(batch.facts)
            for fact in batch.facts:
                for entity in dict.fromkeys(fact.event.entities):
                    self._of_entity.setdefault(entity, []).append(fact)
            self._of_command.update(commands)
            self._refusals.update(refusals)
            self._head = Head(expected.position + len(batch.facts), expected.batch + 1)
            return self._head

    def read(self, after: int = 0, limit: int = 1000) -> list[Fact]:
        """See Log.read."""
        with self._lock:
            return self._facts[max(after, 0) :][:limit]

    def history(self, after: Mapping[str, int]) -> dict[str, list[Fact]]:
        """See Log.history."""
        with self._lock:
            return {
                entity: [f for f in self._of_entity.get(entity, ()) if f.position > position]
                for entity, position in after.items()
            }

    def history_pages(self, after: Mapping[str, int]) -> Iterator[dict[str, list[Fact]]]:
        """See Log.history_pages; there is one page."""
        yield {entity: facts for entity, facts in self.history(after).items() if facts}

    def facts_at(self, positions: Sequence[int]) -> list[Fact]:
        """See Log.facts_at."""
        with self._lock:
            taken = range(1, len(self._facts) + 1)
            return [self._facts[at - 1] for at in sorted(set(positions)) if at in taken]

    def answers(self, keys: Sequence[CommandKey]) -> dict[CommandKey, Answer]:
        """See Log.answers."""
        with self._lock:
            found: dict[CommandKey, Answer] = {}
            for key in keys:
                answer = self._of_command.get(key) or self._refusals.get(key)
                if answer is not None:
                    found[key] = answer
            return found

    def _new_commands(self, batch: Batch) -> dict[CommandKey, tuple[Fact, ...]]:
        new: dict[CommandKey, tuple[Fact, ...]] = {}
        for fact in batch.facts:
            key = CommandKey(fact.principal, fact.command_id)
            if key in self._refusals:
                raise CommandKeyTaken(f"{key} has its answer already")
            given = (*self._of_command.get(key, ()), *new.get(key, ()))
            if fact.ordinal in (one.ordinal for one in given):
                raise CommandKeyTaken(f"{key} has its answer already")
            new[key] = (*new.get(key, ()), fact)
        return {key: (*self._of_command.get(key, ()), *facts) for key, facts in new.items()}

    def _new_refusals(self, batch: Batch) -> dict[CommandKey, StoredRefusal]:
        new: dict[CommandKey, StoredRefusal] = {}
        for refusal in batch.refusals:
            if any(refusal.key in taken for taken in (self._refusals, self._of_command, new)):
                raise CommandKeyTaken(f"{refusal.key} has its answer already")
            new[refusal.key] = refusal
        return new
