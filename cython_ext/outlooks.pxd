# Types of outlooks.py when it is compiled.
import cython

cdef long long _LIMIT
cdef long long _SMALL
cdef int _BITS
cdef Py_ssize_t _W
cdef Py_ssize_t _F

cdef extern from *:
    """
    typedef __int128 wide;
    """
    ctypedef long long wide

@cython.locals(i=cython.Py_ssize_t, k=cython.Py_ssize_t, at=cython.Py_ssize_t,
               count=cython.Py_ssize_t, clocks=cython.Py_ssize_t, units=cython.longlong,
               most=cython.longlong, cost=wide, bound=wide)
cdef bint _unfit(const long long[::1] rows, const long long[::1] readings, long long day,
                 Py_ssize_t owners) except -1

@cython.locals(units=cython.longlong)
cdef long long _units(const long long[::1] rows, const long long[::1] readings, long long day,
                      Py_ssize_t at) noexcept

@cython.locals(i=cython.Py_ssize_t, at=cython.Py_ssize_t, count=cython.Py_ssize_t,
               denominator=cython.longlong, whole=cython.longlong, left=cython.longlong,
               twice=cython.longlong, kind=cython.longlong, amount=cython.longlong,
               place=cython.Py_ssize_t, cost=wide, quotient=wide)
cdef int _add(const long long[::1] rows, const long long[::1] readings, long long day,
              long long[::1] into) except -1
