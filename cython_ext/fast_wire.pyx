# cython: language_level=3, boundscheck=False, wraparound=False
"""The compiled ``row`` and ``rows`` of ``wire_rows``: read in one walk over the bytes."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeUTF8

cdef extern from "Python.h":
    object PyUnicode_DecodeASCII(const char* text, Py_ssize_t size, const char* errors)

ctypedef const unsigned char* Bytes
ctypedef unsigned long long Number

cdef frozenset KINDS = frozenset("wtqeWTQE")
cdef int FIELDS_MAX = 15
cdef int WORD_MAX = 40
cdef bint[256] IS_LETTER_OR_DIGIT
cdef int _code
for _code in range(256):
    IS_LETTER_OR_DIGIT[_code] = _code < 128 and chr(_code).isalnum()


cdef Bytes varint(Bytes at, Bytes end, Number* number) noexcept nogil:
    """Read a number of at most 64 bits; where it ends, or NULL."""
    cdef int shift = 0
    cdef unsigned char byte
    number[0] = 0
    while at < end and shift < 70:
        byte = at[0]
        at += 1
        if shift == 63 and (byte & 127) > 1:
            return NULL
        number[0] |= <Number>(byte & 127) << shift
        if byte < 128:
            return at
        shift += 7
    return NULL


cdef bint is_word(Bytes at, Number size) noexcept nogil:
    cdef Number i
    if size < 1 or size > <Number>WORD_MAX or not IS_LETTER_OR_DIGIT[at[0]]:
        return False
    for i in range(1, size):
        if not (IS_LETTER_OR_DIGIT[at[i]] or at[i] == c"." or at[i] == c"_" or at[i] == c"-"):
            return False
    return True


cdef tuple read(Bytes at, Bytes end, const unsigned char* kinds, int width):
    """The row, or None for a message that is unusual."""
    cdef Number item
    cdef int i
    cdef unsigned char tag, kind
    cdef list values = [None] * width
    while at < end:
        tag = at[0]
        i = (tag >> 3) - 1
        if tag > 127 or i < 0 or i >= width or values[i] is not None:
            return None
        kind = kinds[i] | 32
        at = varint(at + 1, end, &item)
        if at == NULL:
            return None
        if kind == c"q" or kind == c"e":
            if tag & 7 != 0 or item < 1 or item >= <Number>1 << (63 if kind == c"q" else 31):
                return None
            values[i] = item
            continue
        if tag & 7 != 2 or item > <Number>(end - at):
            return None
        if kind == c"w":
            if not is_word(at, item):
                return None
            values[i] = PyUnicode_DecodeASCII(<const char*>at, item, NULL)
        else:
            try:
                values[i] = PyUnicode_DecodeUTF8(<const char*>at, item, NULL)
            except UnicodeDecodeError:
                return None
        at += item
    for i in range(width):
        if values[i] is None and kinds[i] < 97:
            return None
    return tuple(values)


cdef Bytes skipped(Bytes at, Bytes end) noexcept nogil:
    """Where the field ends that begins here, or NULL."""
    cdef Number size
    cdef unsigned char tag = at[0]
    at += 1
    if tag > 127:
        return NULL
    if tag & 7 == 0:
        return varint(at, end, &size)
    if tag & 7 == 2:
        at = varint(at, end, &size)
        if at == NULL:
            return NULL
    elif tag & 7 == 1:
        size = 8
    elif tag & 7 == 5:
        size = 4
    else:
        return NULL
    return NULL if size > <Number>(end - at) else at + size


cdef bytes letters(str kinds, int field=1):
    """The letters as bytes; raises ValueError."""
    if len(kinds) > FIELDS_MAX or not set(kinds) <= KINDS or not 1 <= field <= FIELDS_MAX:
        raise ValueError(f"field {field} of {kinds!r}")
    return kinds.encode()


def row(bytes data not None, str kinds not None):
    """See ``wire_rows.row_plain``."""
    cdef bytes kind = letters(kinds)
    cdef Bytes at = <Bytes>PyBytes_AS_STRING(data)
    cdef tuple made = read(
        at, at + PyBytes_GET_SIZE(data), <const unsigned char*>PyBytes_AS_STRING(kind), len(kind)
    )
    return data if made is None else made


def rows(bytes data not None, int field, str kinds not None):
    """See ``wire_rows.rows_plain``."""
    cdef bytes checked = letters(kinds, field)
    cdef int width = len(checked)
    cdef const unsigned char* kind = <const unsigned char*>PyBytes_AS_STRING(checked)
    cdef Bytes at = <Bytes>PyBytes_AS_STRING(data)
    cdef Bytes end = at + PyBytes_GET_SIZE(data)
    cdef Bytes begun
    cdef Number size
    cdef list found = []
    cdef list rest = []
    cdef tuple made
    while at < end:
        begun = at
        if at[0] == (field << 3 | 2):
            at = varint(at + 1, end, &size)
            if at == NULL or size > <Number>(end - at):
                return [], data
            made = read(at, at + size, kind, width)
            if made is not None:
                found.append(made)
            else:
                found.append(PyBytes_FromStringAndSize(<const char*>at, size))
            at += size
        else:
            at = skipped(at, end)
            if at == NULL:
                return [], data
            rest.append(PyBytes_FromStringAndSize(<const char*>begun, at - begun))
    return found, b"".join(rest)
