"""The log read page by page, one page while the page before is worked on; transfers in columns.

Nearly all events of a ledger are transfers between two accounts. They are read as they are stored
and looked at column by column; every other event is read as a fact.

Units: whole minor units; days are ordinals.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import compress
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from kernel.common.facts import Fact
from kernel.eventstore.catalogue import EVENTS
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.rows import Stored
from kernel.payments.events import Transferred

T = TypeVar("T")
Ints = NDArray[np.int64]

PAGE_POSITIONS = 20_000
TRANSFERRED = "payments.Transferred.v1"
_transferred = msgspec.json.Decoder(Transferred).decode


class Transfers(NamedTuple):
    """Transfers in columns: the payer's account is debited, the payee's credited."""

    positions: Ints
    booking_dates: Sequence[datetime.date]
    value_days: Ints
    events: Sequence[Transferred]

    @property
    def amounts(self) -> Ints:
        """What each moved."""
        return np.array([one.amount_minor for one in self.events], np.int64)

    def fact(self, at: int) -> Fact:
        """One of them, with as much of its envelope as a journal is made from."""
        return Fact(
            position=int(self.positions[at]),
            principal="",
            channel="",
            method="",
            command_id="",
            ordinal=0,
            fingerprint=b"",
            recorded_at=datetime.datetime.min,
            booking_date=self.booking_dates[at],
            value_date=datetime.date.fromordinal(int(self.value_days[at])),
            event=self.events[at],
        )


class Page(NamedTuple):
    """A stretch of the log: all of it as stored, its transfers, and its other facts in order."""

    stored: Stored
    transfers: Transfers
    others: Sequence[Fact]


class LogDigest:
    """SHA-256 over position, name, value date and content of every event, as they are stored."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def take(self, stored: Stored) -> None:
        """Add a page."""
        dates, number = numbered(stored.value_dates)
        said = [str(date) for date in dates]
        days = [said[at] for at in number.tolist()]
        rows = zip(stored.positions, stored.names, days, stored.data, strict=True)
        self._digest.update(
            b"".join([f"{p}\0{n}\0{d}\0".encode() + data for p, n, d, data in rows])
        )

    def hexdigest(self) -> str:
        """What came of all pages."""
        return self._digest.hexdigest()


def pages(log: PostgresLog, upto: int) -> Iterator[Page]:
    """The log up to a position. Raises LogUnavailable, UnreadableFact."""
    with ThreadPoolExecutor(1, thread_name_prefix="log-reader") as reader:
        following = reader.submit(_page, log, 0, min(PAGE_POSITIONS, upto))
        for after in range(0, upto, PAGE_POSITIONS):
            page, begin = following.result(), after + PAGE_POSITIONS
            if begin < upto:
                following = reader.submit(_page, log, begin, min(begin + PAGE_POSITIONS, upto))
            yield page


def _page(log: PostgresLog, after: int, upto: int) -> Page:
    stored = log.stored(after, upto)
    transfers, others = split(stored)
    return Page(stored, transfers, log.facts_at(others) if others else [])


def split(stored: Stored) -> tuple[Transfers, list[int]]:
    """The transfers of a page, and the positions of all others; raises UnreadableFact.

    Money that counts from another year than it was booked in may mean more than that it moved: it
    is among the others.
    """
    is_transfer = [
        name == TRANSFERRED and booked.year == valued.year
        for name, booked, valued in zip(
            stored.names, stored.booking_dates, stored.value_dates, strict=True
        )
    ]
    columns: tuple[Any, ...] = stored
    positions, names, booking_dates, value_dates, data = (
        list(compress(column, is_transfer)) for column in columns
    )
    try:
        events = [_transferred(one) for one in data]
    except (msgspec.DecodeError, UnicodeDecodeError):
        for name, one, position in zip(names, data, positions, strict=True):
            EVENTS.decode(name, one, position)
        raise
    dates, number = numbered(value_dates)
    days = np.array([date.toordinal() for date in dates], np.int64)[number]
    transfers = Transfers(np.array(positions, np.int64), booking_dates, days, events)
    is_other = [not one for one in is_transfer]
    return transfers, list(compress(stored.positions, is_other))


def numbered(values: Sequence[T]) -> tuple[list[T], Ints]:
    """The different values, and for each value which one it is; in a page most are the same one.

    >>> numbered("aab")
    (['a', 'b'], array([0, 0, 1]))
    """
    if values and values.count(values[0]) == len(values):
        return [values[0]], np.zeros(len(values), np.int64)
    known: dict[T, int] = {}
    numbers = [known.setdefault(value, len(known)) for value in values]
    return list(known), np.array(numbers, np.int64)
