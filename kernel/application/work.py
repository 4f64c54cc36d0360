"""Requests on their way through the engine, one by one or many together, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from kernel.application.errors import CommandIdReused, EngineError, OutcomeUnknown
from kernel.application.requests import (
    Outcome,
    Request,
    fingerprint,
    former_fingerprint,
    outcome_fingerprint,
)

Answer = Outcome | Exception
"""An outcome, or the EngineError or InvalidInput because of which there is none."""

Deliver = Callable[[Sequence[Answer]], None]
"""Takes the answers of what was submitted together, in its order; must be quick and not raise."""


Key = tuple[str, str]
"""Principal and command id: equal to a CommandKey, and cheaper to make."""


class Work(msgspec.Struct, eq=False, gc=False):
    """One request, with those that repeat it while it is under way."""

    request: Request
    fingerprint: bytes
    is_fence: bool
    submission: Submission
    maybe_written: bool = False
    followers: list[Work] | None = None
    answer: Answer | None = None

    @property
    def key(self) -> Key:
        """Under which its answer is kept."""
        return self.request.principal, self.request.command_id

    @property
    def came_alone(self) -> bool:
        """Whether it was submitted by itself."""
        return len(self.submission.works) == 1

    def and_followers(self) -> list[Work]:
        """This one and those that wait for the same answer."""
        return [self, *self.followers] if self.followers else [self]

    def settle(self, answer: Answer) -> None:
        """Give the answer, unless there is one; what may have been written counts as unknown."""
        if self.answer is not None:
            return
        if self.maybe_written and isinstance(answer, EngineError):
            answer = OutcomeUnknown(str(answer))
        self.answer = answer
        submission = self.submission
        submission.left -= 1
        if not submission.left:
            submission.deliver()


class Submission:
    """Requests that were submitted together; their answers are delivered together."""

    __slots__ = ("_deliver", "left", "works")

    def __init__(
        self, requests: Sequence[Request], deliver: Deliver, *, is_fence: bool = False
    ) -> None:
        self.works = [
            Work(
                request,
                b"" if is_fence else fingerprint(request.method, request.command),
                is_fence,
                self,
            )
            for request in requests
        ]
        self.left = len(self.works)
        self._deliver = deliver

    def deliver(self) -> None:
        """All have their answers."""
        works, self.works = self.works, []
        self._deliver([work.answer for work in works if work.answer is not None])

    def fail(self, error: EngineError) -> None:
        """None of it was taken."""
        for work in self.works:
            work.settle(error)


def give(work: Work, outcome: Outcome) -> None:
    """Give the stored outcome, if the request is the one that it answers."""
    request, stored = work.request, outcome_fingerprint(outcome)
    if (
        work.is_fence
        or stored in (work.fingerprint, b"")
        or stored == former_fingerprint(request.method, request.command)
    ):
        work.settle(outcome)
    else:
        work.settle(
            CommandIdReused(f"command id {request.command_id!r} was used before with other content")
        )
