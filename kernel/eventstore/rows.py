"""Rows of the log's tables: packed for binary COPY, and read back into facts and refusals.

Rows are packed by hand because the log is the hot path: psycopg's own row writer goes through a
Python object per value, several times slower for arrays.
Source: PostgreSQL manual, COPY, "Binary Format"; binary forms of date (days since 2000-01-01),
timestamptz (microseconds since 2000-01-01 UTC) and arrays.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from kernel.common.facts import Fact
from kernel.common.refusals import Figure, Kind
from kernel.eventstore.codec import Codec
from kernel.eventstore.log import StoredRefusal

Row = tuple[Any, ...]

FACT_COLUMNS = (
    "position, principal, channel, method, command_id, ordinal, fingerprint, name, recorded_at,"
    " booking_date, value_date"
)
COPY_LOG = f"COPY log ({FACT_COLUMNS}, entities, data) FROM STDIN (FORMAT BINARY)"
READ_COLUMNS = ", ".join(f"l.{column.strip()}" for column in f"{FACT_COLUMNS}, data".split(","))
READ_COLUMN_COUNT = READ_COLUMNS.count(",") + 1

REFUSAL_COLUMNS = (
    "principal, command_id, method, fingerprint, code, kind, message, figures, recorded_at"
)
COPY_REFUSALS = f"COPY refusals ({REFUSAL_COLUMNS}) FROM STDIN (FORMAT BINARY)"

_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_COLUMNS = struct.Struct("!h").pack
_LENGTH = struct.Struct("!i").pack
_INT4 = struct.Struct("!ii").pack
_INT8 = struct.Struct("!iq").pack
_ARRAY = struct.Struct("!iiiiii").pack
_TEXT_OID = 25
_EPOCH_DAY = datetime.date(2000, 1, 1).toordinal()
_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_LOG_ROW = _COLUMNS(13)
_REFUSAL_ROW = _COLUMNS(9)


def _bytes(value: bytes) -> bytes:
    return _LENGTH(len(value)) + value


def _text(value: str) -> bytes:
    return _bytes(value.encode())


@lru_cache(maxsize=4096)
def _word(value: str) -> bytes:
    """Text that comes again and again: principals, methods, stored names."""
    return _text(value)


@lru_cache(maxsize=1024)
def _date(value: datetime.date) -> bytes:
    return _INT4(4, value.toordinal() - _EPOCH_DAY)


@lru_cache(maxsize=1024)
def _time(value: datetime.datetime) -> bytes:
    return _INT8(8, (value - _EPOCH) // _MICROSECOND)


def _text_array(values: Sequence[str]) -> bytes:
    if not values:
        return _bytes(_LENGTH(0) + _LENGTH(0) + _LENGTH(_TEXT_OID))
    items = b"".join([_text(value) for value in values])
    return _ARRAY(20 + len(items), 1, 0, _TEXT_OID, len(values), 1) + items


def log_row(fact: Fact, codec: Codec) -> bytes:
    """One row of ``COPY_LOG``; an entity named twice by the event is kept once."""
    event = fact.event
    name, data = codec.encode(event)
    entities = tuple(dict.fromkeys(event.entities))
    return envelope_row(fact, name, entities, data)


def envelope_row(envelope: Fact, name: str, entities: Sequence[str], data: bytes) -> bytes:
    """One row of ``COPY_LOG`` under an explicit name; the envelope's event is not looked at."""
    return b"".join(
        (
            _LOG_ROW,
            _INT8(8, envelope.position),
            _word(envelope.principal),
            _word(envelope.channel),
            _word(envelope.method),
            _text(envelope.command_id),
            _INT4(4, envelope.ordinal),
            _bytes(envelope.fingerprint),
            _word(name),
            _time(envelope.recorded_at),
            _date(envelope.booking_date),
            _date(envelope.value_date),
            _text_array(entities),
            _bytes(data),
        )
    )


def refusal_row(refusal: StoredRefusal) -> bytes:
    """One row of ``COPY_REFUSALS``."""
    return b"".join(
        (
            _REFUSAL_ROW,
            _word(refusal.principal),
            _text(refusal.command_id),
            _word(refusal.method),
            _bytes(refusal.fingerprint),
            _word(refusal.code),
            _word(refusal.kind.value),
            _text(refusal.message),
            _bytes(msgspec.json.encode(refusal.figures)),
            _time(refusal.recorded_at),
        )
    )


def copy_data(rows: Iterable[bytes]) -> bytes:
    """The rows as one binary COPY stream."""
    return b"".join((_BEGIN, *rows, _END))


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
