"""Ids of the commands that came of late: a repeat soon after is known for one.

Only ids are kept, a tenth of what the answers would take: the answer itself is read from the log,
which few repeats need and every new command pays for otherwise. So it does no harm, either, that
another principal may have used the same id.
"""

from __future__ import annotations

from collections.abc import Collection

LIMIT = 100_000


class RecentIds:
    """A bounded set of command ids, in two generations of ``limit`` and a batch each.

    When the younger generation is full it becomes the older one, and the older one is dropped: so
    at least the last ``limit`` ids are known, and forgetting costs nothing per command. An id says
    that there may be an answer, in the log or under way: it stays when a commit fails.

    >>> recent = RecentIds(limit=2)
    >>> for number in "12345": recent.add([number])
    >>> [number in recent for number in "135"]
    [False, True, True]
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._younger: set[str] = set()
        self._older: set[str] = set()

    def __contains__(self, command_id: object) -> bool:
        return command_id in self._younger or command_id in self._older

    def has_none_of(self, ids: Collection[str]) -> bool:
        """Whether all the ids are unknown."""
        return self._younger.isdisjoint(ids) and self._older.isdisjoint(ids)

    def add(self, ids: Collection[str]) -> None:
        """Remember."""
        if len(self._younger) >= self._limit:
            self._older, self._younger = self._younger, set()
        self._younger.update(ids)
