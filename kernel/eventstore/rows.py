"""Rows of the log's tables: packed for binary COPY, and read back into facts and refusals.

Units: dates go as days, times as microseconds, since 2000-01-01 UTC (PostgreSQL's own form).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from cython_ext.copy_rows import Columns, pack
from kernel.common.facts import Fact
from kernel.common.refusals import Figure, Kind
from kernel.eventstore.codec import Codec
from kernel.eventstore.log import StoredRefusal

Row = tuple[Any, ...]
T = TypeVar("T")

FACT_COLUMNS = (
    "position, principal, channel, method, command_id, ordinal, fingerprint, name, recorded_at,"
    " booking_date, value_date"
)
COPY_LOG = f"COPY log ({FACT_COLUMNS}, entities, data) FROM STDIN (FORMAT BINARY)"
READ_COLUMNS = ", ".join(f"l.{column.strip()}" for column in f"{FACT_COLUMNS}, data".split(","))
READ_COLUMN_COUNT = READ_COLUMNS.count(",") + 1


class Stored(NamedTuple):
    """Rows of the log as they are stored, in columns: what was written, not what it means."""

    positions: Sequence[int]
    names: Sequence[str]
    booking_dates: Sequence[datetime.date]
    value_dates: Sequence[datetime.date]
    data: Sequence[bytes]


STORED_COLUMNS = "position, name, booking_date, value_date, data"

REFUSAL_COLUMNS = (
    "principal, command_id, method, fingerprint, code, kind, message, figures, recorded_at"
)
COPY_REFUSALS = f"COPY refusals ({REFUSAL_COLUMNS}) FROM STDIN (FORMAT BINARY)"

_EPOCH_DAY = datetime.date(2000, 1, 1).toordinal()
_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)


def _date(value: datetime.date) -> int:
    return value.toordinal() - _EPOCH_DAY


def _time(value: datetime.datetime) -> int:
    return (value - _EPOCH) // _MICROSECOND


def _numbers(values: Sequence[T], number: Callable[[T], int]) -> list[int]:
    """Each value as its number; in a batch most values are the same one."""
    if values and values.count(values[0]) == len(values):
        return [number(values[0])] * len(values)
    known = {value: number(value) for value in set(values)}
    return [known[value] for value in values]


def log_data(facts: Sequence[Fact], codec: Codec, entities: Sequence[str] = ()) -> bytes:
    """The facts as one stream of ``COPY_LOG``; an entity named twice by an event is kept once.

    ``entities`` are the lines of each fact, where the caller knows them already.
    """
    events = [fact.event for fact in facts]
    return envelope_data(
        facts,
        codec.names_of(events),
        entities or [lines(event.entities) for event in events],
        [codec.data_of(event) for event in events],
    )


def lines(entities: Sequence[str]) -> str:
    """The entities, each once, as the log keeps them: one to a line.

    >>> lines(("account:A", "account:B", "account:A"))
    'account:A\\naccount:B'
    """
    return "\n".join(dict.fromkeys(entities))


def envelope_data(
    envelopes: Sequence[Fact],
    names: Sequence[str],
    entities: Sequence[str],
    data: Sequence[bytes],
) -> bytes:
    """As ``log_data``, under explicit names; the events in the envelopes are not looked at."""
    columns: Columns = [
        [one.position for one in envelopes],
        [one.principal for one in envelopes],
        [one.channel for one in envelopes],
        [one.method for one in envelopes],
        [one.command_id for one in envelopes],
        [one.ordinal for one in envelopes],
        [one.fingerprint for one in envelopes],
        names,
        _numbers([one.recorded_at for one in envelopes], _time),
        _numbers([one.booking_date for one in envelopes], _date),
        _numbers([one.value_date for one in envelopes], _date),
        entities,
        data,
    ]
    return pack(columns, "qttttiytqiity")


def refusal_data(refusals: Sequence[StoredRefusal]) -> bytes:
    """The refusals as one stream of ``COPY_REFUSALS``."""
    rows = [
        (
            one.principal,
            one.command_id,
            one.method,
            one.fingerprint,
            one.code,
            one.kind.value,
            one.message,
            msgspec.json.encode(one.figures),
            _time(one.recorded_at),
        )
        for one in refusals
    ]
    return pack(list(zip(*rows, strict=True)), "tttytttyq") if rows else b""


def fact_of(row: Row, codec: Codec) -> Fact:
    """The fact in a row of ``READ_COLUMNS``; raises UnreadableFact."""
    position: int = row[0]
    return Fact(
        position=position,
        principal=row[1],
        channel=row[2],
        method=row[3],
        command_id=row[4],
        ordinal=row[5],
        fingerprint=row[6],
        recorded_at=row[8].astimezone(datetime.UTC),
        booking_date=row[9],
        value_date=row[10],
        event=codec.decode(row[7], row[11], position),
    )


_figures = msgspec.json.Decoder(dict[str, Figure]).decode


def refusal_of(row: Row) -> StoredRefusal:
    """The refusal in a row of ``REFUSAL_COLUMNS``."""
    return StoredRefusal(
        principal=row[0],
        command_id=row[1],
        method=row[2],
        fingerprint=row[3],
        code=row[4],
        kind=Kind(row[5]),
        message=row[6],
        figures=_figures(row[7]),
        recorded_at=row[8].astimezone(datetime.UTC),
    )
