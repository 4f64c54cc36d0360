"""The clock: the only place of the kernel that asks for the time."""

from __future__ import annotations

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """Wall clock for the record, monotonic clock for deadlines."""

    def now(self) -> datetime.datetime:
        """Wall-clock time, with time zone UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime.datetime:
        """Wall-clock time, with time zone UTC."""
        return datetime.datetime.now(datetime.UTC)

    def monotonic(self) -> float:
        """Seconds of ``time.monotonic``."""
        return time.monotonic()
