"""The engine: queue, decide in memory, commit many commands together, answer.

One thread per ledger decides and commits. What queued while the last commit was under way forms
the next batch; under load the cost of a commit is shared. An answer is given only after its commit.

Bounds: ``QUEUE_LIMIT`` commands wait, ``BATCH_LIMIT`` facts go into one commit, ``ATTEMPTS`` tries
are made when another writer got in between.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

import structlog

from kernel.application.batch import BatchDecider, BrokenBatch, Work
from kernel.application.clock import Clock
from kernel.application.errors import (
    CommandIdReused,
    DeadlinePassed,
    Defect,
    EngineError,
    NotWriter,
    Overloaded,
    Unavailable,
)
from kernel.application.recent import RecentOutcomes
from kernel.application.requests import Outcome, Request, outcome_fingerprint, outcome_of
from kernel.application.states import States
from kernel.eventstore.errors import CommandKeyTaken, HeadMoved, LogError, LogUnavailable
from kernel.eventstore.errors import OutcomeUnknown as CommitUnknown
from kernel.eventstore.log import CommandKey, Head, Log

QUEUE_LIMIT = 20_000
BATCH_LIMIT = 2_000
ATTEMPTS = 5
COMMIT_SECONDS_MAX = 10.0

log_ = structlog.get_logger(__name__)


class Engine:
    """The single writer of one ledger."""

    def __init__(
        self,
        log: Log,
        states: States,
        clock: Clock,
        *,
        on_commit: Callable[[int], None] = lambda position: None,
    ) -> None:
        self._log = log
        self._states = states
        self._clock = clock
        self._on_commit = on_commit
        self._decider = BatchDecider(log, states, clock)
        self._recent = RecentOutcomes()
        self._queue: queue.Queue[Work | None] = queue.Queue(QUEUE_LIMIT)
        self._head: Head | None = None
        self._writing = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    # -- the outside: any thread

    def start(self, *, writing: bool = True) -> None:
        """Begin to serve; a standby starts with ``writing=False`` and answers NotWriter."""
        if writing:
            self.take_over()
        self._thread.start()

    def take_over(self) -> None:
        """Become the writer: trust nothing that was known before."""
        self._head = None
        self._writing.set()

    def stand_down(self) -> None:
        """Another process may write from now on; what waits is answered NotWriter."""
        self._writing.clear()

    @property
    def is_writer(self) -> bool:
        """Whether this process holds itself for the writer; safety rests on the head, not on it."""
        return self._writing.is_set()

    def submit(self, request: Request) -> Future[Outcome]:
        """Queue a command. The future gives its outcome, or an EngineError."""
        return self._enqueue(Work(request=request))

    def fence(self, request: Request) -> Future[Outcome]:
        """Declare that a command never happens, unless it already has an outcome: then give that.

        The same answer ever after: Refused with code COMMAND_FENCED.
        """
        return self._enqueue(Work(request=request, is_fence=True))

    def outcome(self, key: CommandKey) -> Outcome | None:
        """The stored answer of a command, or None when it has none (yet). Raises EngineError."""
        known = self._recent.get(key)
        if known is not None:
            return known
        try:
            answer = self._log.answers([key]).get(key)
        except LogError as error:
            raise Unavailable(str(error)) from error
        return None if answer is None else outcome_of(answer)

    def stop(self) -> None:
        """Serve what has queued, then end the thread."""
        self._stopping = True
        self._queue.put(None)
        self._thread.join()

    def _enqueue(self, work: Work) -> Future[Outcome]:
        if self._stopping or not self._writing.is_set():
            work.future.set_exception(NotWriter("another process writes to this ledger"))
            return work.future
        try:
            self._queue.put_nowait(work)
        except queue.Full:
            work.future.set_exception(Overloaded(f"{QUEUE_LIMIT} commands are waiting"))
        return work.future

    # -- the inside: the engine's thread only

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            try:
                self._serve(batch)
            except Exception:
                log_.exception("engine.defect")
                self._doubt()
                for work in batch:
                    work.fail(Defect("the engine failed; see its log"))
            self._states.trim()

    def _take(self) -> list[Work] | None:
        """The next batch, or None at the end; waits while there is nothing to do."""
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH_LIMIT:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                break
            if work is None:
                self._queue.put(None)
                break
            batch.append(work)
        return batch

    def _serve(self, batch: list[Work]) -> None:
        """Answer every command of the batch, whatever happens to the database meanwhile.

        After a lost reply the log is asked: what is in it was done. What is not may still be on
        its way (the old transaction can commit as long as nobody has moved the head), so it is
        decided again under the lock of the head, where the old transaction and the new one exclude
        each other.
        """
        for _ in range(ATTEMPTS):
            open_work = self._alive(batch)
            if not open_work:
                return
            try:
                if self._head is None:
                    self._states.forget()
                    self._head = self._decider.read_head()
                open_work = self._answer_known(open_work)
                if open_work:
                    self._decide_and_commit(open_work, self._head)
                return
            except (HeadMoved, CommandKeyTaken) as error:
                log_.warning("engine.fenced", error=str(error))
            except LogUnavailable as error:
                self._doubt()
                self._fail(open_work, Unavailable(str(error)))
                return
            except CommitUnknown as error:
                log_.warning("engine.commit_unknown", error=str(error))
                for work in open_work:
                    for one in work.and_followers():
                        one.maybe_written = True
            except BrokenBatch as broken:
                self._fail([broken.work], broken.defect)
            self._doubt()
        self._fail(self._alive(batch), Unavailable(f"no commit in {ATTEMPTS} attempts"))

    def _alive(self, batch: list[Work]) -> list[Work]:
        """The commands whose callers still wait; the others are told that nothing was done."""
        now = self._clock.monotonic()
        alive = []
        for work in batch:
            work.followers = []
            if work.future.done():
                continue
            if not self._writing.is_set() and not work.maybe_written:
                work.fail(NotWriter("another process writes to this ledger"))
            elif work.request.deadline <= now:
                work.fail(DeadlinePassed("the deadline passed before the command was decided"))
            else:
                alive.append(work)
        return alive

    def _answer_known(self, batch: list[Work]) -> list[Work]:
        """Give known commands their stored answers; return the unknown ones, one per key."""
        unseen = [w.request.key for w in batch if self._recent.get(w.request.key) is None]
        stored = self._log.answers(unseen) if unseen else {}
        first: dict[CommandKey, Work] = {}
        for work in batch:
            key = work.request.key
            known = self._recent.get(key)
            if known is None and key in stored:
                known = outcome_of(stored[key])
                self._recent.put(key, known)
            if known is not None:
                answer(work, known)
            elif key in first:
                first[key].followers.append(work)
            else:
                first[key] = work
        return list(first.values())

    def _decide_and_commit(self, batch: list[Work], head: Head) -> None:
        decided = self._decider.decide(batch, head)
        if decided.batch.facts or decided.batch.refusals:
            seconds = max(work.request.deadline for work in batch) - self._clock.monotonic()
            seconds = min(max(seconds, 0.001), COMMIT_SECONDS_MAX)
            self._head = self._log.append(decided.batch, head, timeout_seconds=seconds)
            self._states.committed()
            self._on_commit(self._head.position)
        for work, outcome in decided.outcomes:
            self._recent.put(work.request.key, outcome)
            for one in work.and_followers():
                answer(one, outcome)
        for work, error in decided.failures:
            self._fail([work], error)

    def _fail(self, batch: list[Work], error: EngineError) -> None:
        for work in batch:
            for one in work.and_followers():
                one.fail(error)

    def _doubt(self) -> None:
        """The head is in doubt: forget what was folded, read the head again before the next try."""
        self._head = None
        self._states.forget()


def answer(work: Work, outcome: Outcome) -> None:
    """Give the stored outcome, if the request is the one that it answers."""
    if work.is_fence or outcome_fingerprint(outcome) in (work.fingerprint, b""):
        work.succeed(outcome)
    else:
        work.fail(
            CommandIdReused(
                f"command id {work.request.command_id!r} was used before with other content"
            )
        )
