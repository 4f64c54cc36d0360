# cython: language_level=3
"""The compiled ``Level`` and ``move`` of ``levels``: the figures are plain 64-bit integers."""

cimport cython
from cpython.long cimport PyLong_AsLongLongAndOverflow

cdef extern from *:
    bint sub_overflows "__builtin_sub_overflow"(long long a, long long b, long long* result) nogil
    bint add_overflows "__builtin_add_overflow"(long long a, long long b, long long* result) nogil


@cython.final
@cython.no_gc
cdef class Level:
    """See ``levels.LevelPlain``."""

    cdef readonly str owner
    cdef readonly str unit
    cdef readonly long long level
    cdef readonly long long floor

    def __init__(self, str owner not None, str unit not None, level, floor):
        self.owner = owner
        self.unit = unit
        self.level = level
        self.floor = floor


def move(Level giver not None, Level taker not None, amount, str owner not None, str unit not None):
    """See ``levels.move_plain``."""
    cdef int overflow = 0
    cdef long long less, more, size = PyLong_AsLongLongAndOverflow(amount, &overflow)
    if (
        overflow
        or size <= 0
        or giver is taker
        or sub_overflows(giver.level, size, &less)
        or add_overflows(taker.level, size, &more)
        or less < giver.floor
        or giver.owner != owner
        or giver.unit != unit
        or taker.unit != unit
    ):
        return False
    giver.level = less
    taker.level = more
    return True
