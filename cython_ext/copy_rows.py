"""Columns packed for PostgreSQL's binary COPY, several times faster than a driver's row writer.

``pack`` is the compiled one (``fast_copy.pyx``) where it was built, else ``pack_plain``, which says
the same in Python; one test suite runs over both. ``compiled()`` says which is in use.

A column is packed by its letter: ``q`` int64, ``i`` int32 (a date too, as days since 2000-01-01),
``t`` text, ``y`` bytes. None is null.
Source: PostgreSQL manual, COPY, "Binary Format", and the send functions of the types.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

Columns = Sequence[Sequence[Any]]

KINDS = "qity"
_BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"


def pack_plain(columns: Columns, kinds: str) -> bytes:
    """The columns as one binary COPY stream; ``kinds`` has one letter for each column.

    Raises ValueError for columns of different lengths, another number of columns or an unknown
    letter; OverflowError for an integer that does not fit; TypeError for a value of another type.

    >>> len(pack_plain([[1, 2], ["a", None]], "qt"))
    58
    """
    if len(columns) != len(kinds) or not set(kinds) <= set(KINDS):
        raise ValueError(f"{len(columns)} columns of {kinds!r}")
    if len({len(column) for column in columns}) > 1:
        raise ValueError("columns of different lengths")
    count = len(kinds).to_bytes(2)
    parts = [_BEGIN]
    for row in zip(*columns, strict=True):
        parts.append(count)
        parts += [_cell(value, kind) for value, kind in zip(row, kinds, strict=True)]
    return b"".join([*parts, _END])


def _cell(value: Any, kind: str) -> bytes:
    if value is None:
        return _NULL
    match kind:
        case "q" | "i":
            if not isinstance(value, int):
                raise TypeError(f"{value!r} is no whole number")
            return _sized(value.to_bytes(8 if kind == "q" else 4, signed=True))
        case "t":
            return _sized(_utf8(value))
        case _:
            if not isinstance(value, bytes):
                raise TypeError(f"{value!r} is not bytes")
            return _sized(value)


def _utf8(value: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value.encode()


def _sized(item: bytes) -> bytes:
    return len(item).to_bytes(4) + item


def _fastest() -> Callable[[Columns, str], bytes]:
    try:
        fast: Callable[[Columns, str], bytes] = importlib.import_module("cython_ext.fast_copy").pack
    except ImportError:
        return pack_plain
    return fast


pack = _fastest()


def compiled() -> bool:
    """Whether the compiled ``pack`` is in use.

    >>> compiled() in (True, False)
    True
    """
    return pack is not pack_plain
