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
    limit=cython.longlong,
)
def add_at(totals: array[int], slots: array[int], amounts: array[int]) -> None:
    """Add ``amounts[i]`` to ``totals[slots[i]]`` for every i.

    ``totals`` and ``amounts`` are arrays of type ``q`` (int64), ``slots`` of type ``i`` (int32).
    Raises OverflowError before a total would leave ±(2**63 - 1), IndexError for a slot out of
    range; what was added before that stays. ValueError when the lengths of ``slots`` and
    ``amounts`` differ, and nothing is added.

    >>> totals = array("q", [0, 0])
    >>> add_at(totals, array("i", [0, 1, 0]), array("q", [5, 7, -2]))
    >>> totals.tolist()
    [3, 7]
    """
    n = len(slots)
    if len(amounts) != n:
        raise ValueError(f"{n} slots but {len(amounts)} amounts")
    limit = LIMIT
    into = totals
    slot = slots
    amount = amounts
    for i in range(n):
        at = slot[i]
        if at < 0 or at >= len(totals):
            raise IndexError(f"slot {at} outside 0..{len(totals) - 1}")
        was = into[at]
        more = amount[i]
        if (more > 0 and was > limit - more) or (more < 0 and was < -limit - more):
            raise OverflowError(f"total of slot {at} leaves ±(2**63 - 1)")
        into[at] = was + more
