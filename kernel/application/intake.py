"""The bounded queue in front of the engine; counted in commands, however they were submitted."""

from __future__ import annotations

import threading
from collections import deque

from kernel.application.errors import EngineError, NotWriter, Overloaded
from kernel.application.work import Submission, Work


class Intake:
    """Submissions in the order of their arrival; at most ``limit`` commands wait.

    A command that comes alone goes before those that come many together, and shares its batch with
    fewer of them: whoever waits at a counter does not stand behind a file of transfers.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting = 0
        self._wanted = 1
        self._closed = False
        self._changed = threading.Condition()
        self._alone: deque[Submission] = deque()
        self._together: deque[Submission] = deque()

    def put(self, submission: Submission) -> EngineError | None:
        """Queue it, or say why not."""
        count = len(submission.works)
        with self._changed:
            if self._closed:
                return NotWriter("this process ends")
            if self._waiting + count > self._limit:
                return Overloaded(f"{self._waiting} commands are waiting")
            self._waiting += count
            (self._alone if count == 1 else self._together).append(submission)
            if self._waiting >= self._wanted:
                self._changed.notify()
        return None

    def has_room_for(self, count: int) -> bool:
        """Whether so many commands would be taken now."""
        return self._waiting + count <= self._limit

    def take(self, limit: int, *, wait: bool) -> list[Work] | None:
        """What has queued, about ``limit`` commands; None when it is closed and empty.

        Waits while there is nothing, or gives an empty list when it should not ``wait``.
        """
        works: list[Work] = []
        with self._changed:
            while wait and not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed and not self._waiting:
                return None
            while self._alone and len(works) < limit:
                works += self._alone.popleft().works
            if works:
                limit = len(works) + limit // 4
            while self._together and len(works) < limit:
                works += self._together.popleft().works
            self._waiting -= len(works)
        return works

    def gather(self, count: int, *, pauses: int, pause_seconds: float) -> None:
        """Wait until so many commands wait; at most so many pauses, while each brings some."""
        with self._changed:
            self._wanted = count
            for _ in range(pauses):
                before = self._waiting
                if self._closed or before >= count:
                    break
                self._changed.wait(pause_seconds)
                if self._waiting == before:
                    break
            self._wanted = 1

    def close(self) -> None:
        """Take no more; what has queued is still given out."""
        with self._changed:
            self._closed = True
            self._changed.notify()
