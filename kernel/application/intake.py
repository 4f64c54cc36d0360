"""The bounded queue in front of the engine; counted in commands, however they were submitted."""

from __future__ import annotations

import queue
import threading

from kernel.application.errors import EngineError, NotWriter, Overloaded
from kernel.application.work import Submission, Work


class Intake:
    """Submissions in the order of their arrival; at most ``limit`` commands wait."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting = 0
        self._closed = False
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()

    def put(self, submission: Submission) -> EngineError | None:
        """Queue it, or say why not."""
        with self._lock:
            if self._closed:
                return NotWriter("this process ends")
            if self._waiting + len(submission.works) > self._limit:
                return Overloaded(f"{self._waiting} commands are waiting")
            self._waiting += len(submission.works)
            self._queue.put(submission)
        return None

    def has_room_for(self, count: int) -> bool:
        """Whether so many commands would be taken now."""
        return self._waiting + count <= self._limit

    def take(self, limit: int, *, wait: bool) -> list[Work] | None:
        """What has queued, about ``limit`` commands; None when it is closed and empty.

        Waits while there is nothing, or gives an empty list when it should not ``wait``.
        """
        works: list[Work] = []
        while len(works) < limit:
            try:
                submission = self._queue.get(block=wait and not works)
            except queue.Empty:
                break
            if submission is None:
                self._queue.put(None)
                if not works:
                    return None
                break
            works += submission.works
        with self._lock:
            self._waiting -= len(works)
        return works

    def close(self) -> None:
        """Take no more; what has queued is still given out."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
