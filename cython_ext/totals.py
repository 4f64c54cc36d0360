"""Sums of signed 64-bit amounts by slot, exact: an overflow is an error, never a wrap.

One source for both speeds: interpreted as it stands, or compiled by Cython (pure Python mode).
``compiled()`` says which is in use.
"""

from __future__ import annotations

from array import array

import cython

LIMIT = 2**63 - 1


def compiled() -> bool:
    """Whether the compiled module is in use.

    >>> compiled() in (True, False)
    True
    """
    return bool(cython.compiled)


@cython.locals(
    into="long long[::1]",
    slot="const int[::1]",
    amount="const long long[::1]",
    i=cython.Py_ssize_t,
    n=cython.Py_ssize_t,
    at=cython.int,
    was=cython.longlong,
    more=cython.longlong,
)
def add_at(totals: array[int], slots: array[int], amounts: array[int]) -> None:
    """Add ``amounts[i]`` to ``totals[slots[i]]`` for every i.

    ``totals`` and ``amounts`` are arrays of type ``q`` (int64), ``slots`` of type ``i`` (int32).
    Raises OverflowError before a total would leave 64 bits, IndexError for a slot out of range,
    ValueError when the lengths of ``slots`` and ``amounts`` differ.

    >>> totals = array("q", [0, 0])
    >>> add_at(totals, array("i", [0, 1, 0]), array("q", [5, 7, -2]))
    >>> totals.tolist()
    [3, 7]
    """
    n = len(slots)
    if len(amounts) != n:
        raise ValueError(f"{n} slots but {len(amounts)} amounts")
    into = totals
    slot = slots
    amount = amounts
    for i in range(n):
        at = slot[i]
        if at < 0 or at >= len(totals):
            raise IndexError(f"slot {at} outside 0..{len(totals) - 1}")
        was = into[at]
        more = amount[i]
        if (more > 0 and was > LIMIT - more) or (more < 0 and was < -LIMIT - more):
            raise OverflowError(f"total of slot {at} leaves 64 bits")
        into[at] = was + more
