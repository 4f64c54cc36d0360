# Types of schedules.py when it is compiled.
import cython

cdef long long NARROW
cdef long long LIMIT

cdef extern from *:
    """
    typedef __int128 wide;
    """
    ctypedef long long wide

@cython.locals(i=cython.Py_ssize_t, k=cython.Py_ssize_t, at=cython.Py_ssize_t,
               count=cython.Py_ssize_t, balance=cython.longlong, payment=cython.longlong,
               numerator=cython.longlong, denominator=cython.longlong, cost=wide,
               half=cython.longlong, whole=cython.longlong, charged=cython.longlong,
               part=cython.longlong, narrow=cython.bint)
cdef int _fill(const long long[::1] balances, const long long[::1] payments,
               const long long[::1] numerators, const long long[::1] denominators,
               Py_ssize_t rows, long long[::1] principal, long long[::1] interest,
               long long[::1] after, bint level) except -1

@cython.locals(i=cython.Py_ssize_t)
cdef bint _outside(const long long[::1] values, long long low, long long limit) except -1

@cython.locals(i=cython.Py_ssize_t)
cdef int _add(const long long[::1] balances, const long long[::1] factors,
              long long[::1] into) except -1
