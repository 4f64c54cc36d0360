"""The facts of one round, with what several read models ask of them worked out once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from kernel.common.facts import Event, Fact
from kernel.common.legs import CapUse, HoldChange, Leg
from kernel.eventstore.log import Log

BATCH_FACTS = 10_000
"""More at once are no faster, and a rebuild's swap waits for the round under way."""

FACTS_READ, ENTITIES_MAX = 500, 50_000
"""Facts are read so many at a time, until the round is full or touches so many entities: a bulk
transfer can have ten thousand payees."""


class Facts(list[Fact]):
    """Facts in ascending positions. Not to be changed once it is asked something."""

    @cached_property
    def moves(self) -> list[tuple[Fact, tuple[Leg, ...]]]:
        """Each fact that moves money, with its legs."""
        return [(fact, fact.event.legs) for fact in self._that_say("legs")]

    @cached_property
    def hold_changes(self) -> list[tuple[Fact, tuple[HoldChange, ...]]]:
        """Each fact that sets money aside or lets it go, with what it changes."""
        return [(fact, fact.event.hold_changes) for fact in self._that_say("hold_changes")]

    @cached_property
    def cap_uses(self) -> list[tuple[Fact, tuple[CapUse, ...]]]:
        """Each fact that may use a cap, with its uses."""
        return [(fact, fact.event.cap_uses) for fact in self._that_say("cap_uses")]

    def of(self, *kinds: type[Event]) -> list[Fact]:
        """The facts whose event is of one of the kinds."""
        return self._in(kind for kind in self._by_kind if issubclass(kind, kinds))

    def _that_say(self, what: str) -> list[Fact]:
        """The facts whose event says something of its own in a shared word."""
        nothing = getattr(Event, what)
        return self._in(kind for kind in self._by_kind if getattr(kind, what) is not nothing)

    def _in(self, kinds: Iterable[type[Event]]) -> list[Fact]:
        found = [self._by_kind[kind] for kind in kinds]
        if len(found) == 1:
            return found[0]
        return sorted((fact for facts in found for fact in facts), key=lambda fact: fact.position)

    @cached_property
    def _by_kind(self) -> dict[type[Event], list[Fact]]:
        kinds: dict[type[Event], list[Fact]] = {}
        for fact in self:
            kinds.setdefault(type(fact.event), []).append(fact)
        return kinds


def read_round(log: Log, after: int, limit: int) -> Facts:
    """The facts of a round behind the position: ``limit`` at most, none at the log's end.

    Raises LogUnavailable, UnreadableFact.
    """
    facts, touched = Facts(), 0
    while (room := limit - len(facts)) and touched < ENTITIES_MAX:
        asked = min(room, FACTS_READ)
        read = log.read(after + len(facts), asked)
        facts += read
        if len(read) < asked:
            break
        touched += sum(len(fact.event.entities) for fact in read)
    return facts
