# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled ``pack`` of ``copy_rows``: the same stream, written into one buffer.

A value that is the very object of the row before is not looked at again: in a batch of facts most
columns say the same in every row.
Bounds: a stream of at most 1 GB (PostgreSQL takes no larger message), rows of at most 100 columns.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.long cimport PyLong_AsLongLong
from cpython.object cimport PyObject
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    const char* PyUnicode_AsUTF8AndSize(object text, Py_ssize_t* size) except NULL

cdef Py_ssize_t LIMIT = 1 << 30
cdef bytes BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)

cdef enum:
    COLUMNS_MAX = 100


cdef struct Cell:
    # a column's last value, and where its bytes are
    PyObject* value
    Py_ssize_t at
    Py_ssize_t size


cdef struct Buffer:
    unsigned char* data
    Py_ssize_t used
    Py_ssize_t room


cdef int reserve(Buffer* buffer, Py_ssize_t size) except -1:
    cdef Py_ssize_t room
    cdef unsigned char* data
    if size < 0 or size > LIMIT - buffer.used:
        raise OverflowError("a COPY stream beyond 1 GB")
    if buffer.used + size > buffer.room:
        room = max(2 * buffer.room, buffer.used + size, 65536)
        data = <unsigned char*>realloc(buffer.data, room)
        if data == NULL:
            raise MemoryError()
        buffer.data = data
        buffer.room = room
    return 0


cdef int put_count(Buffer* buffer, int count) except -1:
    """The number of a row's columns, or -1 at the end: two bytes, the higher first."""
    reserve(buffer, 2)
    buffer.data[buffer.used] = <unsigned char>(count >> 8)
    buffer.data[buffer.used + 1] = <unsigned char>count
    buffer.used += 2
    return 0


cdef int put_word(Buffer* buffer, unsigned int value) except -1:
    """Four bytes, the highest first."""
    reserve(buffer, 4)
    cdef unsigned char* at = buffer.data + buffer.used
    at[0] = <unsigned char>(value >> 24)
    at[1] = <unsigned char>(value >> 16)
    at[2] = <unsigned char>(value >> 8)
    at[3] = <unsigned char>value
    buffer.used += 4
    return 0


cdef int put_sized(Buffer* buffer, const char* item, Py_ssize_t size) except -1:
    reserve(buffer, size + 4)
    put_word(buffer, <unsigned int>size)
    memcpy(buffer.data + buffer.used, item, size)
    buffer.used += size
    return 0


cdef int put_text(Buffer* buffer, object value) except -1:
    cdef Py_ssize_t size = 0
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    cdef const char* item = PyUnicode_AsUTF8AndSize(value, &size)
    return put_sized(buffer, item, size)


cdef int put_cell(Buffer* buffer, object value, unsigned char kind) except -1:
    cdef long long number
    if value is None:
        return put_word(buffer, <unsigned int>-1)
    if kind == c"q" or kind == c"i":
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is no whole number")
        number = PyLong_AsLongLong(value)
        if kind == c"q":
            put_word(buffer, 8)
            put_word(buffer, <unsigned int>(<unsigned long long>number >> 32))
            return put_word(buffer, <unsigned int>number)
        if number > 2147483647 or number < -2147483648:
            raise OverflowError(f"{number} does not fit 32 bits")
        put_word(buffer, 4)
        return put_word(buffer, <unsigned int>number)
    if kind == c"t":
        return put_text(buffer, value)
    if not isinstance(value, bytes):
        raise TypeError(f"{value!r} is not bytes")
    return put_sized(buffer, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))


cdef int put_again(Buffer* buffer, Cell* cell) except -1:
    """The cell as it is in the row before."""
    reserve(buffer, cell.size)
    memcpy(buffer.data + buffer.used, buffer.data + cell.at, cell.size)
    cell.at = buffer.used
    buffer.used += cell.size
    return 0


def pack(columns, str kinds not None):
    """The columns as one binary COPY stream; see ``copy_rows.pack_plain``."""
    cdef int width = len(kinds)
    cdef Py_ssize_t count, i
    cdef int j
    cdef bytes letters = kinds.encode()
    cdef Buffer buffer
    cdef Cell[COLUMNS_MAX] before
    cdef Cell* cell
    cdef object value
    cdef list lists = [one if type(one) is list else list(one) for one in columns]
    if len(lists) != width or len(letters) != width or not set(kinds) <= set("qity"):
        raise ValueError(f"{len(lists)} columns of {kinds!r}")
    if width > COLUMNS_MAX:
        raise ValueError(f"{width} columns")
    count = len(lists[0]) if lists else 0
    for column in lists:
        if len(column) != count:
            raise ValueError("columns of different lengths")
    buffer.data = NULL
    buffer.used = buffer.room = 0
    try:
        reserve(&buffer, len(BEGIN))
        memcpy(buffer.data, PyBytes_AS_STRING(BEGIN), len(BEGIN))
        buffer.used = len(BEGIN)
        for i in range(count):
            put_count(&buffer, width)
            for j in range(width):
                value = (<list>lists[j])[i]
                cell = &before[j]
                if i and cell.value == <PyObject*>value:
                    put_again(&buffer, cell)
                    continue
                cell.value = <PyObject*>value
                cell.at = buffer.used
                put_cell(&buffer, value, letters[j])
                cell.size = buffer.used - cell.at
        put_count(&buffer, -1)
        return PyBytes_FromStringAndSize(<char*>buffer.data, buffer.used)
    finally:
        free(buffer.data)
