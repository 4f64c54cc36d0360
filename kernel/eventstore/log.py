"""The log of one ledger: what a writer and its readers may ask of it.

Positions are gapless from 1 and assigned by the writer. The head is the lock: an append names the
head that it builds on, and only one append can build on it.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from kernel.common.facts import Fact
from kernel.common.refusals import Figure, Kind


class Head(msgspec.Struct, frozen=True):
    """Where the log ends: the last position, and how many batches were written.

    A batch of refusals only moves ``batch`` and not ``position``. An empty log is at ``(0, 0)``.
    """

    position: int
    batch: int


EMPTY = Head(0, 0)


class CommandKey(NamedTuple):
    """Under which the answer to a command is kept: ids are the principal's own."""

    principal: str
    command_id: str


class StoredRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's no as it was given, to be given again for ever.

    ``figures`` keep their order. ``recorded_at`` is wall clock, for the record only.
    """

    principal: str
    command_id: str
    method: str
    fingerprint: bytes
    code: str
    kind: Kind
    message: str
    figures: dict[str, Figure]
    recorded_at: datetime.datetime

    @property
    def key(self) -> CommandKey:
        """The key of the refused command."""
        return CommandKey(self.principal, self.command_id)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What one commit writes: facts at the next positions, and refusals beside them.

    ``entities`` are those of each fact, each once and to a line, where whoever decided knows them.
    """

    facts: tuple[Fact, ...] = ()
    refusals: tuple[StoredRefusal, ...] = ()
    entities: tuple[str, ...] = ()


Answer = tuple[Fact, ...] | StoredRefusal


APPENDS = 2
"""How many appends may be under way at once, each waiting for its turn behind the one before."""


def at_once() -> None:
    """The turn of an append that waits for no other one."""


class Log(Protocol):
    """One ledger's log. Every method may be called from any thread."""

    def head(self) -> Head:
        """Where the log ends now. Raises LogUnavailable."""
        ...

    def packed(self, batch: Batch) -> Batch:
        """The same batch with that part of its append done which needs no database.

        It may be done on another thread, while the batch before is being committed. Raises
        UncataloguedEvent.
        """
        ...

    def append(
        self,
        batch: Batch,
        expected: Head,
        *,
        timeout_seconds: float,
        turn: Callable[[], None] = at_once,
    ) -> Head:
        """Write the batch whole or not at all, if the log ends at ``expected``; the new head.

        The log has to end there when ``turn`` returns, not before: it is called once, and may wait
        for another append while what this one writes is on its way. What it raises is raised, with
        nothing written.
        No command gets a second answer: CommandKeyTaken when one of the batch's commands has facts
        or a refusal already.
        Blocks ``timeout_seconds`` at most. Raises HeadMoved, CommandKeyTaken, LogUnavailable,
        UncataloguedEvent (nothing written), or OutcomeUnknown.
        """
        ...

    def read(self, after: int = 0, limit: int = 1000) -> list[Fact]:
        """Up to ``limit`` facts behind position ``after``, ascending and without gaps.

        Raises LogUnavailable, UnreadableFact.
        """
        ...

    def history(self, after: Mapping[str, int]) -> dict[str, list[Fact]]:
        """For every entity asked, the facts that touch it behind its position, ascending.

        Raises LogUnavailable, UnreadableFact.
        """
        ...

    def history_pages(self, after: Mapping[str, int]) -> Iterator[dict[str, list[Fact]]]:
        """As ``history``, in pages of a bounded size; most histories are one page.

        One look at one moment for each page. The facts of a page go before those of the next, over
        all entities; an entity without facts in a page is left out of it. Raises LogUnavailable,
        UnreadableFact.
        """
        ...

    def facts_at(self, positions: Sequence[int]) -> list[Fact]:
        """The facts at these positions, ascending; positions that are not taken are left out.

        Raises LogUnavailable, UnreadableFact.
        """
        ...

    def answers(self, keys: Sequence[CommandKey]) -> dict[CommandKey, Answer]:
        """The stored answer of each command that has one: its facts in order, or its refusal.

        One look at one moment for all. Raises LogUnavailable, UnreadableFact.
        """
        ...


def require_consecutive(batch: Batch, expected: Head) -> None:
    """Raise ValueError unless the batch's facts take exactly the positions behind the head."""
    taken = [fact.position for fact in batch.facts]
    begin = expected.position + 1
    if taken != list(range(begin, begin + len(taken))):
        at, wrong = next((n, at) for n, at in enumerate(taken, begin) if at != n)
        raise ValueError(f"fact at position {wrong}, the next one is {at}")
