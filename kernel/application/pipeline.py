"""The pipeline: batches are decided in memory while those before them are being committed.

An answer is given only after its commit. Rows of several batches are on their way at once, each on
a connection of its own; the batches are committed one after the other, in their order. When one is
not, or nobody knows, those behind it are given up: what was decided on top is decided again.

Bounds: while one batch is being decided, ``APPENDS`` are under way; a commit takes
``COMMIT_SECONDS_MAX`` at most, ``ATTEMPTS`` tries are made when another writer got in between.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from kernel.application.batch import BatchDecider, BrokenBatch, Decided
from kernel.application.clock import Clock
from kernel.application.errors import DeadlinePassed, Defect, NotWriter, Unavailable
from kernel.application.recent import RecentIds
from kernel.application.requests import outcome_of
from kernel.application.states import States
from kernel.application.work import Key, Work, give
from kernel.eventstore.errors import CommandKeyTaken, HeadMoved, LogError, LogUnavailable
from kernel.eventstore.errors import OutcomeUnknown as CommitUnknown
from kernel.eventstore.log import APPENDS, Batch, CommandKey, Head, Log

ATTEMPTS = 5
COMMIT_SECONDS_MAX = 10.0

log_ = structlog.get_logger(__name__)


@dataclass(slots=True)
class Flight:
    """A batch whose commit is under way."""

    works: list[Work]
    decided: Decided
    done: Future[Head]


class Pipeline:
    """Serves batch after batch, on one thread; ``is_writing`` says whether this process may."""

    def __init__(
        self,
        log: Log,
        states: States,
        clock: Clock,
        is_writing: Callable[[], bool],
        on_commit: Callable[[int], None],
    ) -> None:
        self._log = log
        self._states = states
        self._clock = clock
        self._is_writing = is_writing
        self._on_commit = on_commit
        self._decider = BatchDecider(log, states, clock)
        self._recent = RecentIds()
        self._head: Head | None = None
        self._flights: deque[Flight] = deque()
        self._doubted = threading.Event()
        self._committer = ThreadPoolExecutor(APPENDS, thread_name_prefix="commit")

    @property
    def under_way(self) -> int:
        """How many batches are under way that nobody has looked after yet."""
        return len(self._flights)

    def doubt(self) -> None:
        """Trust nothing that was known before; from any thread."""
        self._doubted.set()

    def close(self) -> None:
        """End the committing threads; nothing may be under way."""
        self._committer.shutdown()

    def land(self, at_most: int = 0) -> list[Work]:
        """Wait until so many commits are under way at most; answer what is in the log.

        Gives the commands that must be served again. When a commit failed, none is under way any
        more, nothing that was decided since then holds, and the head is in doubt.
        """
        unwritten: list[Work] = []
        while self._flights:
            is_enough = len(self._flights) <= at_most and self._head is not None
            if is_enough and not self._flights[0].done.done():
                break
            unwritten += self._landed(self._flights.popleft())
        return unwritten

    def _landed(self, flight: Flight) -> list[Work]:
        """Wait for one commit. Its commands that must be served again; none when it landed."""
        try:
            position = flight.done.result().position
        except LogError as error:
            return self._not_landed(flight.works, error)
        except Exception:
            log_.exception("engine.defect")
            self._forget()
            self._fail(flight.works, Defect("the commit failed; see the log of the engine"))
            return []
        self._states.committed(len(flight.decided.facts))
        self._finish(flight.decided)
        self._on_commit(position)
        return []

    def give_up(self, batch: list[Work]) -> None:
        """Something failed that nobody foresaw: tell the callers, and start from the log again."""
        self._forget()
        self._fail(batch, Defect("the engine failed; see its log"))

    def serve(self, batch: list[Work], *, waiting: int = 0) -> None:
        """Decide a batch while those before are being committed, then give it to be committed.

        Before that it waits until at most ``waiting`` others are under way.
        """
        works = self._alive(batch)
        if self._doubted.is_set() or self._head is None:
            self.serve_carefully([*self.land(), *works])
            return
        try:
            works = self._unanswered(works)
            decided = self._decider.decide(works, self._head)
        except (LogError, BrokenBatch):
            not_written = self.land()
            self._forget()
            self.serve_carefully([*not_written, *works])
            return
        unwritten = self.land(waiting)
        if self._head is not None:
            self._launch(works, decided)
        else:
            self.serve_carefully([*unwritten, *works])

    def _launch(self, works: list[Work], decided: Decided) -> None:
        """Begin the commit of a batch; from now on decisions build on it."""
        assert self._head is not None
        batch = decided.batch
        if not batch.facts and not batch.refusals:
            self._finish(decided)
            return
        before = self._flights[-1].done if self._flights else None
        done = self._committer.submit(self._append, works, batch, self._head, before)
        self._flights.append(Flight(works, decided, done))
        self._head = Head(self._head.position + len(batch.facts), self._head.batch + 1)

    def _not_landed(self, works: list[Work], error: LogError) -> list[Work]:
        """A commit failed: forget what was folded; the commands that must be served again."""
        self._forget()
        match error:
            case HeadMoved() | CommandKeyTaken():
                log_.warning("engine.fenced", error=str(error))
            case CommitUnknown():
                log_.warning("engine.commit_unknown", error=str(error))
                for work in works:
                    for one in work.and_followers():
                        one.maybe_written = True
            case LogUnavailable():
                self._fail(works, Unavailable(str(error)))
                return []
            case _:
                self._fail(works, Defect(str(error)))
                return []
        return works

    def serve_carefully(self, batch: list[Work]) -> None:
        """Answer every command of the batch, whatever happens to the database meanwhile.

        After a lost reply the log is asked: what is in it was done. What is not may still be on
        its way (the old transaction can commit as long as nobody has moved the head), so it is
        decided again under the lock of the head, where the old transaction and the new one exclude
        each other.
        """
        batch = [one for work in batch for one in work.and_followers()]
        for _ in range(ATTEMPTS):
            works = self._alive(batch)
            if not works:
                return
            try:
                self._look_again()
                works = self._unanswered(works, thorough=True)
                assert self._head is not None
                self._launch(works, self._decider.decide(works, self._head))
                self.land()
                if self._head is not None:
                    return
            except LogError as error:
                self._not_landed(works, error)
            except BrokenBatch as broken:
                self._forget()
                self._fail([broken.work], broken.defect)
        self._fail(self._alive(batch), Unavailable(f"no commit in {ATTEMPTS} attempts"))

    def _look_again(self) -> None:
        """Read the head, when it is in doubt; states are then folded anew."""
        if self._doubted.is_set() or self._head is None:
            self._doubted.clear()
            self._states.forget()
            self._head = self._decider.read_head()

    def _alive(self, batch: list[Work]) -> list[Work]:
        """The commands whose callers still wait; the others are told that nothing was done."""
        now = self._clock.monotonic()
        is_writing = self._is_writing()
        alive = []
        for work in batch:
            if work.answer is not None:
                continue
            if not is_writing and not work.maybe_written:
                work.settle(NotWriter("another process writes to this ledger"))
            elif work.request.deadline <= now:
                work.settle(DeadlinePassed("the deadline passed before the command was decided"))
            else:
                work.followers = None
                alive.append(work)
        return alive

    def _unanswered(self, batch: list[Work], *, thorough: bool = False) -> list[Work]:
        """Give commands that have an answer that answer; the others, one per key.

        Only commands whose ids came of late are looked for in the log unless ``thorough``: older
        ones are left to its unique key; the log refuses the append, and the batch is served again
        thoroughly. Raises LogError.
        """
        recent, flights = self._recent, self._flights
        ids = {work.request.command_id for work in batch}
        if len(ids) == len(batch) and not thorough and recent.has_none_of(ids):
            recent.add(ids)
            return batch
        asked = [one.key for one in batch if thorough or one.request.command_id in recent]
        stored = self._log.answers([CommandKey(*key) for key in asked]) if asked else {}
        first: dict[Key, Work] = {}
        flying = {work.key: work for one in flights for work in one.works}
        for work in batch:
            key = work.key
            if stored and key in stored:
                give(work, outcome_of(stored[CommandKey(*key)]))
                continue
            before = flying.get(key) or first.setdefault(key, work)
            if before is not work:
                before.followers = [*(before.followers or ()), work]
        recent.add(ids)
        return list(first.values())

    def _append(
        self, works: list[Work], batch: Batch, expected: Head, before: Future[Head] | None
    ) -> Head:
        """On a committing thread: append, for as long as one of the callers waits.

        Behind ``before``, the batch that this one builds on.
        """
        now = self._clock.monotonic
        seconds = max(max(work.request.deadline for work in works) - now(), 0.001)
        until = now() + min(seconds, COMMIT_SECONDS_MAX)

        def turn() -> None:
            try:
                failed = before and before.exception(max(until - now(), 0))
            except TimeoutError:
                raise LogUnavailable("the deadline passed behind another batch") from None
            if failed:
                raise HeadMoved("the batch that this one builds on is not known to be committed")

        return self._log.append(batch, expected, timeout_seconds=until - now(), turn=turn)

    def _finish(self, decided: Decided) -> None:
        """The batch is in the log: answer."""
        for work, outcome in zip(decided.works, decided.outcomes, strict=True):
            work.settle(outcome)
            if work.followers:
                for follower in work.followers:
                    give(follower, outcome)
        for work, error in decided.failures:
            self._fail([work], error)

    def _fail(self, batch: list[Work], error: Exception) -> None:
        for work in batch:
            for one in work.and_followers():
                one.settle(error)

    def _forget(self) -> None:
        """The head is in doubt: forget what was folded, read the head again before the next try."""
        self._head = None
        self._states.forget()
