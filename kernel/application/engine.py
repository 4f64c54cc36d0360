"""The engine: queue, decide in memory, commit many commands together, answer.

One thread per ledger decides; a second one commits (``pipeline``). What queued meanwhile forms the
next batch; under load the cost of a commit is shared.

Bounds: ``QUEUE_LIMIT`` commands wait, about ``BATCH_LIMIT`` commands go into one commit, fewer than
``FEW`` commands wait ``PAUSES`` times ``PAUSE_SECONDS`` for company at most.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import structlog

from kernel.application.clock import Clock
from kernel.application.errors import EngineError, NotWriter, Unavailable
from kernel.application.intake import Intake
from kernel.application.pipeline import Pipeline
from kernel.application.requests import Outcome, Request, outcome_of
from kernel.application.states import States
from kernel.application.work import Answer, Deliver, Submission, Work
from kernel.eventstore.errors import LogError
from kernel.eventstore.log import APPENDS, CommandKey, Log

BATCH = "BATCH"
"""The channel of the bank's own batch, such as the close of the day."""
QUEUE_LIMIT = 50_000
BATCH_LIMIT = 3_000
FEW = 200
PAUSES = 8
PAUSE_SECONDS = 0.004

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
        self._intake = Intake(QUEUE_LIMIT)
        self._writing = threading.Event()
        self._pipeline = Pipeline(log, states, clock, self._writing.is_set, on_commit)
        self._company = 1
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    # -- the outside: any thread

    def start(self, *, writing: bool = True) -> None:
        """Begin to serve; a standby starts with ``writing=False`` and answers NotWriter."""
        if writing:
            self.take_over()
        self._thread.start()

    def take_over(self) -> None:
        """Become the writer: trust nothing that was known before."""
        self._pipeline.doubt()
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
        return self._submit_one(request, is_fence=False)

    def fence(self, request: Request) -> Future[Outcome]:
        """Declare that a command never happens, unless it already has an outcome: then give that.

        The same answer ever after: Refused with code COMMAND_FENCED.
        """
        return self._submit_one(request, is_fence=True)

    def submit_many(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Queue commands, each one for itself; ``deliver`` gets their answers in their order.

        It is called once, from any thread, when the last answer is there.
        """
        if requests:
            self._enqueue(Submission(requests, deliver))
        else:
            deliver([])

    def has_room_for(self, count: int) -> bool:
        """Whether the queue would take so many commands now; else they would be Overloaded."""
        return self._intake.has_room_for(count)

    def outcome(self, key: CommandKey) -> Outcome | None:
        """The stored answer of a command, or None when it has none (yet). Raises EngineError."""
        try:
            answer = self._log.answers([key]).get(key)
        except LogError as error:
            raise Unavailable(str(error)) from error
        return None if answer is None else outcome_of(answer)

    def stop(self) -> None:
        """Serve what has queued, then end the threads."""
        self._intake.close()
        self._thread.join()
        self._pipeline.close()
        self._states.close()

    def _submit_one(self, request: Request, *, is_fence: bool) -> Future[Outcome]:
        future: Future[Outcome] = Future()

        def deliver(answers: Sequence[Answer]) -> None:
            if not future.set_running_or_notify_cancel():
                return
            [answer] = answers
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self._enqueue(Submission([request], deliver, is_fence=is_fence))
        return future

    def _enqueue(self, submission: Submission) -> None:
        refused: EngineError | None = NotWriter("another process writes to this ledger")
        if self._writing.is_set():
            refused = self._intake.put(submission)
        if refused is not None:
            submission.fail(refused)

    # -- the inside: the engine's thread only

    def _run(self) -> None:
        pipeline = self._pipeline
        while True:
            batch = self._intake.take(BATCH_LIMIT, wait=not pipeline.under_way)
            try:
                if batch and len(batch) < FEW:
                    self._serve_few(batch)
                elif batch:
                    # a command that came alone does not queue behind a file of transfers here, too
                    pipeline.serve(batch, waiting=0 if batch[0].came_alone else APPENDS - 1)
                elif pipeline.under_way:
                    pipeline.serve_carefully(pipeline.land(pipeline.under_way - 1))
            except Exception:
                log_.exception("engine.defect")
                pipeline.give_up(batch or [])
            self._states.trim()
            if batch is None and not pipeline.under_way:
                return

    def _serve_few(self, batch: list[Work]) -> None:
        """Few commands are decided in no time; what costs is their commit, so it should be shared.

        They wait for the commits under way, and then for as many as came the last time, while some
        come: callers that got their answers have their next command on its way. A lone caller waits
        for nobody, nor does one for the bank's own batch.
        """
        unwritten = self._pipeline.land()
        if len(batch) < self._company:
            self._intake.gather(
                self._company - len(batch), pauses=PAUSES, pause_seconds=PAUSE_SECONDS
            )
            batch += self._intake.take(BATCH_LIMIT, wait=False) or []
        self._company = min(sum(one.request.channel != BATCH for one in batch), FEW)
        if unwritten:
            self._pipeline.serve_carefully([*unwritten, *batch])
        else:
            self._pipeline.serve(batch)
