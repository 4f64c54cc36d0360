"""The interpreter's memory in huge pages.

Whoever keeps many thousand small objects waits for memory more than for the processor, and with
pages of 4 KB a good part of that wait is the search for the page itself, doubly so in a virtual
machine. ``use`` asks the kernel for pages of 2 MB behind the arenas of 1 MB from which Python takes
its small objects. Without the compiled part, on another system than Linux, or where the kernel is
told never to give any, memory is as it was; nothing else depends on it.

Sources: Python's C API, "Customize pymalloc Arena Allocator"; Linux, "Transparent Hugepage
Support", whose default leaves it to each process to ask (``madvise``).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable


def use_plain() -> bool:
    """Leave memory as it is."""
    return False


def _fastest() -> Callable[[], bool]:
    try:
        fast: Callable[[], bool] = importlib.import_module("cython_ext.fast_pages").use
    except ImportError:
        return use_plain
    return fast


use = _fastest()
"""From now on take memory for small objects in huge pages; whether that was asked for.

What is in memory already stays where it is, so call it early. It may be called again.
"""
