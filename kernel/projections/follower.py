"""The follower: keeps the read models up with the log, each at a position of its own.

One round is one transaction: the models' rows in ``projections`` are locked (a second follower
waits there and then goes on from where the first one left off), a bounded batch is read once for
all models at the same position, applied, checked, and the new positions are written with it. A
fact that a model cannot take stops that model just before it and raises an alarm; the others go
on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import psycopg
import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from kernel.common.facts import Fact
from kernel.eventstore.errors import LogError, UnreadableFact
from kernel.eventstore.log import Log
from kernel.projections import checks, positions
from kernel.projections.model import Model
from kernel.projections.models import READ_MODELS, ReadModels
from kernel.projections.positions import Difference, Standing, Status

_LOG = structlog.get_logger(__name__)


class Follower:
    """Follows the log for a set of read models.

    ``on_alarm`` is called with each new difference and each stopped model, after it is stored.
    """

    def __init__(
        self,
        engine: Engine,
        log: Log,
        models: ReadModels = READ_MODELS,
        *,
        batch_size: int = 1000,
        poll_seconds: float = 0.5,
        on_alarm: Callable[[Difference], None] | None = None,
    ) -> None:
        self._engine = engine
        self._log = log
        self._models = models
        self._batch_size = batch_size
        self._poll_seconds = poll_seconds
        self._on_alarm = on_alarm
        self._hint = threading.Event()
        self._stopping = threading.Event()
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None
        self._enrolled = False
        self._latest: dict[str, Standing] = {}

    # -- running beside the engine

    def start(self) -> None:
        """Follow in a thread of its own until ``stop``."""
        if self._thread is not None:
            raise RuntimeError("the follower runs already")
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the round under way."""
        self._stopping.set()
        self._hint.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """Hint that the log has grown; without it the follower looks every ``poll_seconds``."""
        self._hint.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._hint.clear()
            try:
                if self.run_round():
                    continue
            except (DBAPIError, psycopg.Error, LogError) as error:
                _LOG.warning("follower.interrupted", error=type(error).__name__)
            self._hint.wait(self._poll_seconds)

    # -- one round

    def catch_up(self) -> None:
        """Run rounds until nothing is left to project."""
        while self.run_round():
            pass

    def run_round(self) -> int:
        """Project at most one batch per model; the number of facts applied, 0 when up to date.

        Raises DBAPIError, psycopg.Error or LogError when the database fails; nothing is half done.
        """
        raised: list[Difference] = []
        keys = [model.key for model in self._models.all]
        with self._engine.begin() as connection:
            if not self._enrolled:
                positions.enrol(connection, keys)
            before = positions.standings(connection, keys, locked=True)
            batches = self._read(connection, before, raised)
            applied = 0
            for model in self._models.all:
                if facts := batches.get(model.key):
                    applied += self._project(connection, model, facts, raised)
            now = positions.standings(connection, keys) if applied or raised else before
            raised += self._check(connection, batches, now)
        self._enrolled = True
        self._report(raised)
        with self._moved:
            self._latest = now
            self._moved.notify_all()
        return applied

    def _read(
        self, connection: Connection, before: dict[str, Standing], raised: list[Difference]
    ) -> dict[str, list[Fact]]:
        """The next batch of each running model; read once for all models at one position."""
        read: dict[int, list[Fact]] = {}
        batches: dict[str, list[Fact]] = {}
        for key, standing in before.items():
            if standing.status is not Status.RUNNING:
                continue
            after = standing.position
            try:
                if after not in read:
                    read[after] = self._read_after(after)
            except UnreadableFact as error:
                raised += self._stop(connection, key, error.position, error)
                continue
            batches[key] = read[after]
        return batches

    def _read_after(self, after: int) -> list[Fact]:
        """The next batch; raises UnreadableFact when its very first fact cannot be read."""
        try:
            return self._log.read(after, self._batch_size)
        except UnreadableFact as error:
            readable = error.position - after - 1
            if readable < 1:
                raise
            return self._log.read(after, readable)

    def _stop(
        self, connection: Connection, key: str, position: int, error: Exception
    ) -> list[Difference]:
        """Stop the model just before the position; the alarm, when it is a new one."""
        reason = f"{type(error).__name__}: {error}"[:500]
        positions.stop(connection, key, position, reason)
        stopped = Difference("model-stopped", f"{key} {position}", reason)
        return positions.raise_alarms(connection, [stopped], position)

    def _project(
        self, connection: Connection, model: Model, facts: Sequence[Fact], raised: list[Difference]
    ) -> int:
        """Apply the batch, or what comes before the fact that the model cannot take."""
        try:
            self._apply(connection, model, facts)
        except Exception as error:
            if _is_infrastructure(error):
                raise
            return self._project_singly(connection, model, facts, raised)
        return len(facts)

    def _project_singly(
        self, connection: Connection, model: Model, facts: Sequence[Fact], raised: list[Difference]
    ) -> int:
        for done, fact in enumerate(facts):
            try:
                self._apply(connection, model, [fact])
            except Exception as error:
                if _is_infrastructure(error):
                    raise
                raised += self._stop(connection, model.key, fact.position, error)
                return done
        return len(facts)

    def _apply(self, connection: Connection, model: Model, facts: Sequence[Fact]) -> None:
        with connection.begin_nested():
            model.apply(connection, facts)
            positions.move(connection, model.key, facts[-1].position)

    def _check(
        self,
        connection: Connection,
        batches: dict[str, list[Fact]],
        now: dict[str, Standing],
    ) -> list[Difference]:
        """Check the books behind the batch; new differences are stored and come back."""
        ledger, balances = self._models.ledger, self._models.balances
        end = now[ledger.key].position
        facts = [fact for fact in batches.get(ledger.key, ()) if fact.position <= end]
        if not facts:
            return []
        start = facts[0].position - 1
        days = {fact.booking_date for fact in facts}
        found = checks.unbalanced_journals(connection, ledger, after=start, upto=end)
        found += checks.rules_missing(connection, ledger, after=start, upto=end)
        found += checks.trial_balance_off(connection, ledger, days)
        if now[balances.key].position == end:
            found += checks.sub_ledger_off(connection, balances, ledger, max(days))
        return positions.raise_alarms(connection, found, end)

    def _report(self, raised: Sequence[Difference]) -> None:
        for one in raised:
            _LOG.error(
                "projection.alarm", check=one.check, subject=one.subject, figures=one.figures
            )
            if self._on_alarm is not None:
                self._on_alarm(one)

    # -- where the models stand

    def standings(self) -> dict[str, Standing]:
        """How each model stands, by name."""
        with self._engine.connect() as connection:
            return positions.standings(connection, [model.key for model in self._models.all])

    def lag(self) -> dict[str, int]:
        """How many facts each model is behind the log's head."""
        head = self._log.head().position
        return {name: max(0, head - one.position) for name, one in self.standings().items()}

    def wait_for(
        self, position: int, timeout_seconds: float, names: Sequence[str] | None = None
    ) -> bool:
        """Wait until the models (all, or those named) hold the position; False when time is up.

        False at once when one of them is stopped before the position.
        """
        deadline = time.monotonic() + timeout_seconds
        self.wake()
        while True:
            latest = self._latest if self._thread is not None else self.standings()
            behind = [
                one
                for name, one in latest.items()
                if one.position < position and (names is None or name in names)
            ]
            if latest and not behind:
                return True
            left = deadline - time.monotonic()
            if left <= 0 or any(one.status is Status.STOPPED for one in behind):
                return False
            with self._moved:
                if self._latest is latest or self._thread is None:
                    self._moved.wait(min(left, self._poll_seconds))


def _is_infrastructure(error: Exception) -> bool:
    """Whether the database failed, rather than the model on a fact."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(
        error,
        OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError,
    )
