"""Requests given to the engine from the loop, and its answers brought back: many with one wake-up.

A caller that goes away does not reach into the engine: cancelled never means not done.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

from kernel.application.engine import Engine
from kernel.application.requests import Outcome, Request
from kernel.application.work import Answer

Answered = asyncio.Future[Sequence[Answer]]


class Mailbox:
    """Between the engine's threads and one loop; to be used on that loop."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._engine = engine
        self._arrived: deque[tuple[Answered, Sequence[Answer]]] = deque()
        self._is_woken = False

    def submit_many(self, requests: Sequence[Request]) -> Answered:
        """Queue commands, each one for itself; their answers in their order."""
        answered: Answered = self.loop.create_future()
        self._engine.submit_many(requests, lambda answers: self._put(answered, answers))
        return answered

    async def submit(self, request: Request) -> Outcome:
        """The outcome of a command, or raises its EngineError or InvalidInput."""
        [answer] = await self.submit_many([request])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _put(self, answered: Answered, answers: Sequence[Answer]) -> None:
        """Called by the engine. Wakes the loop, unless it was woken and has not looked yet."""
        self._arrived.append((answered, answers))
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(RuntimeError):  # a closed loop: nobody listens any more
                self.loop.call_soon_threadsafe(self._empty)

    def _empty(self) -> None:
        self._is_woken = False  # first: what arrives from now on wakes the loop again
        while self._arrived:
            answered, answers = self._arrived.popleft()
            if not answered.done():
                answered.set_result(answers)
