"""Where the read models stand, how far they are behind the log, and waiting for a position.

It asks the database, so it does not matter which process keeps the models up.
Units: seconds; positions of the log.
"""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine

from kernel.eventstore.log import Log
from kernel.projections import positions
from kernel.projections.models import READ_MODELS, ReadModels
from kernel.projections.positions import Standing, Status

LOOK_SECONDS = 0.01
"""How old an answer of the database may be while somebody waits."""


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far a read model is behind: in facts, and since its first missing one was recorded."""

    name: str
    position: int
    lag: int
    lag_seconds: int
    status: str
    error: str


class Progress:
    """Of one ledger's read models. Whoever keeps them up here extends start, stop and wake."""

    def __init__(self, engine: Engine, log: Log, models: ReadModels = READ_MODELS) -> None:
        self._engine = engine
        self._log = log
        self._models = models
        self._keys = [model.key for model in models.all]
        self._latest: dict[str, Standing] = {}
        self._looked_at = 0.0
        self._looking = threading.Lock()
        self._moved = threading.Condition()

    def start(self) -> None:
        """Begin to keep the models up; nothing where another process does."""

    def stop(self) -> None:
        """End what ``start`` began."""

    def wake(self) -> None:
        """Hint that the log has grown."""

    def standings(self) -> dict[str, Standing]:
        """How each model stands, by name."""
        with self._engine.connect() as connection:
            return positions.standings(connection, self._keys)

    def lag(self) -> dict[str, int]:
        """How many facts each model is behind the log's head."""
        head = self._log.head().position
        return {name: max(0, head - one.position) for name, one in self.standings().items()}

    def lags(self, now: datetime.datetime) -> list[Lag]:
        """How each model stands and how far it is behind the log, by name."""
        head = self._log.head().position
        standings = self.standings().values()
        first = {one.position + 1 for one in standings}
        recorded = {one.position: one.recorded_at for one in self._log.facts_at(sorted(first))}
        return [
            Lag(
                name=one.model,
                position=one.position,
                lag=max(0, head - one.position),
                lag_seconds=int((now - recorded.get(one.position + 1, now)).total_seconds()),
                status=one.status.value,
                error=one.error,
            )
            for one in standings
        ]

    def wait_for(
        self, position: int, timeout_seconds: float, names: Sequence[str] | None = None
    ) -> bool:
        """Wait until the models (all, or those named) hold the position; False when time is up.

        False at once when one of them is stopped before the position.
        """
        if not self._lacking(position, names):
            return True
        deadline = time.monotonic() + timeout_seconds
        self.wake()
        while True:
            self._look()
            behind = self._lacking(position, names)
            if not behind:
                return True
            left = deadline - time.monotonic()
            if left <= 0 or any(one.status is Status.STOPPED for one in behind):
                return False
            with self._moved:
                self._moved.wait(min(left, LOOK_SECONDS))

    def _lacking(self, position: int, names: Sequence[str] | None) -> list[Standing]:
        """Of the models named, those before the position, as far as was seen."""
        wanted = self._keys if names is None else names
        seen = self._latest
        return [
            one
            for one in (seen.get(name) or positions.not_begun(name) for name in wanted)
            if one.position < position
        ]

    def _look(self) -> None:
        """Ask the database, unless somebody has just done so."""
        with self._looking:
            if time.monotonic() - self._looked_at >= LOOK_SECONDS:
                self._see(self.standings())

    def _see(self, standings: dict[str, Standing]) -> None:
        with self._moved:
            self._latest = standings
            self._looked_at = time.monotonic()
            self._moved.notify_all()
