"""A bank with a micro loan on sale, for every sentence about lending."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, running_bank
from tests.support.lending import publish


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with a micro loan on sale; today is 2 March 2026."""
    with running_bank(MemoryLog()) as one:
        one.open_day()
        publish(one)
        yield one
