# cython: language_level=3
"""The compiled ``use`` of ``huge_pages``: where the interpreter gets its arenas from.

Bounds: address space is taken ``CHUNK_BYTES`` at a time, ``CHUNKS_MAX`` times, and backed only where
it is touched; an arena that was given back waits for the next one that is asked for, so no more is
ever held than at the fullest moment. The interpreter calls both functions with its lock held.
"""

cdef extern from "Python.h":
    ctypedef struct PyObjectArenaAllocator:
        void* ctx
        void* (*alloc)(void* ctx, size_t size) noexcept
        void (*free)(void* ctx, void* arena, size_t size) noexcept
    void PyObject_GetArenaAllocator(PyObjectArenaAllocator* allocator)
    void PyObject_SetArenaAllocator(PyObjectArenaAllocator* allocator)

cdef extern from *:
    """
    #ifdef __linux__
    #include <sys/mman.h>
    static char* mapped(size_t size, size_t page) {
        char* at = (char*)mmap(NULL, size + page, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at == (char*)MAP_FAILED) return NULL;
        at += (page - (size_t)at % page) % page;
        (void)madvise(at, size, MADV_HUGEPAGE);
        return at;
    }
    #else
    static char* mapped(size_t size, size_t page) { return NULL; }
    #endif
    """
    char* mapped(size_t size, size_t page) noexcept

cdef enum:
    ARENA_BYTES = 1 << 20
    PAGE_BYTES = 1 << 21
    CHUNK_BYTES = 1 << 26
    CHUNKS_MAX = 1 << 12


cdef struct Arena:
    # an arena that was given back; its own first bytes say which one before it
    Arena* before


cdef Arena* unused = NULL
cdef char* chunks[CHUNKS_MAX]
cdef int chunk_count = 0
cdef size_t given_bytes = CHUNK_BYTES
cdef PyObjectArenaAllocator ordinary
cdef bint is_used = False


cdef bint has_new_chunk() noexcept:
    global chunk_count, given_bytes
    if chunk_count == CHUNKS_MAX:
        return False
    chunks[chunk_count] = mapped(CHUNK_BYTES, PAGE_BYTES)
    if chunks[chunk_count] == NULL:
        return False
    chunk_count += 1
    given_bytes = 0
    return True


cdef void* take(void* ctx, size_t size) noexcept:
    global unused, given_bytes
    cdef Arena* arena = unused
    if size != ARENA_BYTES:
        return ordinary.alloc(ordinary.ctx, size)
    if arena != NULL:
        unused = arena.before
        return arena
    if given_bytes == CHUNK_BYTES and not has_new_chunk():
        return ordinary.alloc(ordinary.ctx, size)
    given_bytes += ARENA_BYTES
    return chunks[chunk_count - 1] + given_bytes - ARENA_BYTES


cdef void give_back(void* ctx, void* arena, size_t size) noexcept:
    global unused
    for i in range(chunk_count):
        if chunks[i] <= <char*>arena < chunks[i] + CHUNK_BYTES:
            (<Arena*>arena).before = unused
            unused = <Arena*>arena
            return
    ordinary.free(ordinary.ctx, arena, size)  # it was there before, or is no arena


def use():
    """See ``huge_pages.use``."""
    global is_used
    cdef PyObjectArenaAllocator huge
    if not is_used:
        PyObject_GetArenaAllocator(&ordinary)
        huge.ctx = NULL
        huge.alloc = take
        huge.free = give_back
        PyObject_SetArenaAllocator(&huge)
        is_used = True
    return True
