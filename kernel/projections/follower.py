"""The follower: keeps the read models up with the log, each at a position of its own.

One round is one transaction: the models' rows in ``projections`` are locked (a second follower
waits there and then goes on from where the first one left off), a batch is read once for all
models at the same position, applied, checked, and the new positions are written with it. A batch is
what has come together since the last one, so it grows with the lag, up to a bound. A fact that a
model cannot take stops that model just before it and raises an alarm; the others go on.

A round may be lost in a crash of the database after it was seen: then it is projected again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import psycopg
import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from kernel.eventstore.errors import LogError, UnreadableFact
from kernel.eventstore.log import Log
from kernel.projections import checks, positions
from kernel.projections.model import Model
from kernel.projections.models import READ_MODELS, ReadModels
from kernel.projections.positions import Difference, Standing, Status
from kernel.projections.progress import Progress
from kernel.projections.round import BATCH_FACTS, Facts, read_round

FEW_FACTS, SMALL_FACTS, SMALL_REST_SECONDS_MAX = 20, 1_000, 0.25
"""A round costs 5 ms and more, however small. So behind a small one the follower rests, and facts
come together; shortly behind one of a few facts, as when somebody works by hand."""

GIVE_WAY_SECONDS_MAX = 1.0
"""The longest rest behind a round in which more was written than projected: at a peak the writer's
commits come first, and the books are made right after."""

REST_SECONDS, REST_FOR_WORK = 0.03, 8
"""A rest is so many times as long as the round, and so long at least: beside a writer the follower
takes a ninth of a core, unless it would fall behind."""

_LOG = structlog.get_logger(__name__)
Raised = list[Difference]


class Follower(Progress):
    """Follows the log for a set of read models, by call or on a thread of its own.

    ``on_alarm`` is called with each new difference and each stopped model, after it is stored.
    """

    def __init__(
        self,
        engine: Engine,
        log: Log,
        models: ReadModels = READ_MODELS,
        *,
        batch_size: int = BATCH_FACTS,
        poll_seconds: float = 0.2,
        on_alarm: Callable[[Difference], None] | None = None,
    ) -> None:
        super().__init__(engine, log, models)
        self._batch_size = batch_size
        self._poll_seconds = poll_seconds
        self._on_alarm = on_alarm
        self._hint = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._enrolled = False
        self._head_position = 0

    # -- running beside the engine

    def start(self) -> None:
        """Follow in a thread of its own until ``stop``."""
        if self._thread is not None:
            raise RuntimeError("the follower runs already")
        self._thread = threading.Thread(target=self.run, name="follower", daemon=True)
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

    def run(self) -> None:
        """Follow until ``stop``; a database that is away is tried again and again."""
        while not self._stopping.is_set():
            self._hint.clear()
            try:
                began = time.monotonic()
                if applied := self.run_round():
                    self._stopping.wait(self._rest(applied, time.monotonic() - began))
                    continue
            except (DBAPIError, psycopg.Error, LogError) as error:
                _LOG.warning("follower.interrupted", error=type(error).__name__)
            self._hint.wait(self._poll_seconds)

    def _rest(self, applied: int, seconds: float) -> float:
        """How long to rest behind a round that took so long."""
        rest = max(REST_FOR_WORK * seconds, REST_SECONDS)
        if applied < FEW_FACTS * len(self._keys):
            return REST_SECONDS
        if applied < SMALL_FACTS * len(self._keys):
            return min(rest, SMALL_REST_SECONDS_MAX)
        written = self._log.head().position - self._head_position
        is_outrun = written * len(self._keys) > applied
        return min(rest, GIVE_WAY_SECONDS_MAX) if is_outrun else 0.0

    # -- one round

    def catch_up(self) -> None:
        """Run rounds until nothing is left to project."""
        while self.run_round():
            pass

    def run_round(self) -> int:
        """Project at most one batch per model; how many facts over all models, 0 when up to date.

        Raises DBAPIError, psycopg.Error or LogError when the database fails; nothing is half done.
        """
        if not self._enrolled:
            with self._engine.begin() as connection:
                positions.enrol(connection, self._keys)
            self._enrolled = True
        if not self._is_behind():
            return 0
        try:
            return self._round(self._apply_all)
        except Exception as error:
            if _is_infrastructure(error):
                raise
        return self._round(self._apply_each)

    def _is_behind(self) -> bool:
        standings = self.standings()
        self._see(standings)
        running = [one.position for one in standings.values() if one.status is Status.RUNNING]
        self._head_position = self._log.head().position
        return bool(running) and min(running) < self._head_position

    def _round(self, apply: Callable[[Connection, dict[str, Facts], Raised], None]) -> int:
        raised: Raised = []
        with self._engine.begin() as connection:
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            before = positions.standings(connection, self._keys, locked=True)
            batches = self._read(connection, before, raised)
            apply(connection, batches, raised)
            now = positions.standings(connection, self._keys)
            raised += self._check(connection, batches, before, now)
        self._report(raised)
        self._see(now)
        return sum(one.position - before[key].position for key, one in now.items())

    def _read(
        self, connection: Connection, before: dict[str, Standing], raised: Raised
    ) -> dict[str, Facts]:
        """The next batch of each running model; read once for all models at one position."""
        read: dict[int, Facts] = {}
        batches: dict[str, Facts] = {}
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
            if read[after]:
                batches[key] = read[after]
        return batches

    def _read_after(self, after: int) -> Facts:
        """The next batch; raises UnreadableFact when its very first fact cannot be read."""
        try:
            return read_round(self._log, after, self._batch_size)
        except UnreadableFact as error:
            readable = error.position - after - 1
            if readable < 1:
                raise
            return read_round(self._log, after, readable)

    def _apply_all(self, connection: Connection, batches: dict[str, Facts], raised: Raised) -> None:
        """Apply every batch whole; an exception means that the round has to be done otherwise."""
        ends: dict[int, list[str]] = {}
        for model in self._models.all:
            if facts := batches.get(model.key):
                model.apply(connection, facts)
                ends.setdefault(facts[-1].position, []).append(model.key)
        for end, keys in ends.items():
            positions.move(connection, keys, end)

    def _apply_each(
        self, connection: Connection, batches: dict[str, Facts], raised: Raised
    ) -> None:
        """Apply to each model what comes before the fact that it cannot take."""
        for model in self._models.all:
            if facts := batches.get(model.key):
                self._apply_part(connection, model, facts, raised)

    def _apply_part(
        self, connection: Connection, model: Model, facts: Facts, raised: Raised
    ) -> bool:
        """Apply the facts, by ever smaller parts around one that cannot be taken; whether all."""
        try:
            with connection.begin_nested():
                model.apply(connection, facts)
                positions.move(connection, [model.key], facts[-1].position)
            return True
        except Exception as error:
            if _is_infrastructure(error):
                raise
            if len(facts) == 1:
                raised += self._stop(connection, model.key, facts[0].position, error)
                return False
        half = len(facts) // 2
        parts = Facts(facts[:half]), Facts(facts[half:])
        return all(self._apply_part(connection, model, part, raised) for part in parts)

    def _stop(
        self, connection: Connection, key: str, position: int, error: Exception
    ) -> list[Difference]:
        """Stop the model just before the position; the alarm, when it is a new one."""
        reason = f"{type(error).__name__}: {error}"[:500]
        positions.stop(connection, key, position, reason)
        stopped = Difference("model-stopped", f"{key} {position}", reason)
        return positions.raise_alarms(connection, [stopped], position)

    def _check(
        self,
        connection: Connection,
        batches: dict[str, Facts],
        before: dict[str, Standing],
        now: dict[str, Standing],
    ) -> list[Difference]:
        """Check the books behind the batch; new differences are stored and come back."""
        ledger, balances = self._models.ledger, self._models.balances
        start, end = before[ledger.key].position, now[ledger.key].position
        if end == start:
            return []
        days = {fact.booking_date for fact in batches[ledger.key]}
        found = checks.unbalanced_journals(connection, ledger, after=start, upto=end)
        found += checks.rules_missing(connection, ledger, after=start, upto=end)
        found += checks.trial_balance_off(connection, ledger, days)
        found += checks.loan_settlement_off(connection, ledger)
        found += checks.loans_parked(connection, ledger)
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


def _is_infrastructure(error: Exception) -> bool:
    """Whether the database failed, rather than the model on a fact."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(
        error,
        LogError
        | OperationalError
        | InterfaceError
        | psycopg.OperationalError
        | psycopg.InterfaceError,
    )
