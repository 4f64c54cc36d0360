"""Outcomes of recent commands in memory: a repeat soon after costs no look into the log."""

from __future__ import annotations

from kernel.application.requests import Outcome
from kernel.eventstore.log import CommandKey

LIMIT = 100_000


class RecentOutcomes:
    """A bounded map from command key to outcome; the oldest leave first.

    Outcomes never change, so what is remembered stays true even when another process writes.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._outcomes: dict[CommandKey, Outcome] = {}

    def get(self, key: CommandKey) -> Outcome | None:
        """The outcome, or None when it is not remembered (the log may still know it)."""
        return self._outcomes.get(key)

    def put(self, key: CommandKey, outcome: Outcome) -> None:
        """Remember; past the bound the oldest is dropped."""
        self._outcomes[key] = outcome
        if len(self._outcomes) > self._limit:
            del self._outcomes[next(iter(self._outcomes))]
