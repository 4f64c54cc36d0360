"""Keys of the commands that came of late: a repeat soon after is known for one.

Only keys are kept, a tenth of what the answers would take: the answer itself is read from the log,
which few repeats need and every new command pays for otherwise.
"""

from __future__ import annotations

from collections.abc import Collection

LIMIT = 100_000


class RecentKeys:
    """A bounded set of command keys, in two generations of ``limit`` and a batch each.

    When the younger generation is full it becomes the older one, and the older one is dropped: so
    at least the last ``limit`` keys are known, and forgetting costs nothing per command. A key says
    that there may be an answer, in the log or under way: it stays when a commit fails.

    >>> recent = RecentKeys(limit=2)
    >>> for number in "12345": recent.add([("teller", number)])
    >>> [("teller", number) in recent for number in "135"]
    [False, True, True]
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._younger: set[tuple[str, str]] = set()
        self._older: set[tuple[str, str]] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._younger or key in self._older

    def has_none_of(self, keys: Collection[tuple[str, str]]) -> bool:
        """Whether all the keys are unknown."""
        return self._younger.isdisjoint(keys) and self._older.isdisjoint(keys)

    def add(self, keys: Collection[tuple[str, str]]) -> None:
        """Remember."""
        if len(self._younger) >= self._limit:
            self._older, self._younger = self._younger, set()
        self._younger.update(keys)
