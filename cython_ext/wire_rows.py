"""Rows out of protobuf wire bytes: messages of one simple type, read without building them.

``row`` and ``rows`` are the compiled ones (``fast_wire.pyx``) where they were built, else
``row_plain`` and ``rows_plain``, which say the same in Python; one test suite runs over both.
``compiled()`` says which are in use.

A row's field n is read by the n-th letter of ``kinds``: ``w`` word (1 to 40 of ASCII letters,
digits and ``._-``, beginning with a letter or digit), ``t`` text (UTF-8, any), ``q`` whole number
from 1 to 2^63 - 1, ``e`` the same up to 2^31 - 1. A capital letter says that the field must be
there; another one that is absent is None.
A message that says more, less or anything in an unusual way (a field twice, out of bounds, of
another type) is given as its bytes, for the library to read: rows are never a second opinion.
Source: Protocol Buffers documentation, "Encoding".
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

Row = tuple[Any, ...]
Rows = tuple[list[Row | bytes], bytes]

KINDS = "wtqeWTQE"
FIELDS_MAX = 15
_VARINT, _FIXED64, _SIZED, _FIXED32 = 0, 1, 2, 5
_WORD = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")


class _Unusual(Exception):
    """Not for this reader."""


def rows_plain(data: bytes, field: int, kinds: str) -> Rows:
    """The messages in ``field`` of the message in ``data``, each a row; and all its other fields.

    The rest is a message again. Where the outer message itself is unusual, there is no row and the
    rest is the whole. Raises ValueError for an unknown letter, or more fields than ``FIELDS_MAX``.

    >>> rows_plain(bytes([10, 3, 10, 1, 65, 16, 1]), 1, "W")
    ([('A',)], b'\\x10\\x01')
    """
    _require_kinds(kinds, field)
    found: list[Row | bytes] = []
    rest = bytearray()
    at = 0
    try:
        while at < len(data):
            begun, tag = at, data[at]
            if tag == field << 3 | _SIZED:
                size, at = _varint(data, at + 1)
                inner, at = _taken(data, at, size)
                found.append(_row(inner, kinds))
            else:
                at = _skipped(data, at)
                rest += data[begun:at]
    except _Unusual:
        return [], data
    return found, bytes(rest)


def row_plain(data: bytes, kinds: str) -> Row | bytes:
    """The message in ``data`` as a row, or the bytes themselves; raises as ``rows_plain`` does.

    >>> row_plain(bytes([10, 1, 65]), "W"), row_plain(b"", "W")
    (('A',), b'')
    """
    _require_kinds(kinds)
    return _row(data, kinds)


def _require_kinds(kinds: str, field: int = 1) -> None:
    if len(kinds) > FIELDS_MAX or not set(kinds) <= set(KINDS) or not 1 <= field <= FIELDS_MAX:
        raise ValueError(f"field {field} of {kinds!r}")


def _row(data: bytes, kinds: str) -> Row | bytes:
    values: list[Any] = [None] * len(kinds)
    at = 0
    try:
        while at < len(data):
            tag = data[at]
            number, wire = tag >> 3, tag & 7
            if tag > 127 or not 1 <= number <= len(kinds) or values[number - 1] is not None:
                return data
            kind = kinds[number - 1].lower()
            item, at = _varint(data, at + 1)
            if kind in "qe":
                if wire != _VARINT or not 1 <= item < 1 << (63 if kind == "q" else 31):
                    return data
                values[number - 1] = item
                continue
            if wire != _SIZED:
                return data
            text, at = _taken(data, at, item)
            if kind == "w" and _WORD.match(text) is None:
                return data
            values[number - 1] = text.decode()
    except (_Unusual, UnicodeDecodeError):
        return data
    if any(value is None and kind.isupper() for value, kind in zip(values, kinds, strict=True)):
        return data
    return tuple(values)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of at most 64 bits, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            if number >= 1 << 64:
                break
            return number, at
    raise _Unusual


def _taken(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    if size > len(data) - at:
        raise _Unusual
    return data[at : at + size], at + size


def _skipped(data: bytes, at: int) -> int:
    """Where the field ends that begins here."""
    tag, at = data[at], at + 1
    wire = tag & 7
    if tag > 127:  # a long tag may be the field of the rows, said in an unusual way
        raise _Unusual
    if wire == _VARINT:
        return _varint(data, at)[1]
    if wire == _SIZED:
        size, at = _varint(data, at)
    elif wire in (_FIXED64, _FIXED32):
        size = 8 if wire == _FIXED64 else 4
    else:
        raise _Unusual
    return _taken(data, at, size)[1]


def _fastest() -> tuple[Callable[[bytes, str], Row | bytes], Callable[[bytes, int, str], Rows]]:
    try:
        fast = importlib.import_module("cython_ext.fast_wire")
    except ImportError:
        return row_plain, rows_plain
    return fast.row, fast.rows


row, rows = _fastest()


def compiled() -> bool:
    """Whether the compiled ones are in use.

    >>> compiled() in (True, False)
    True
    """
    return rows is not rows_plain
