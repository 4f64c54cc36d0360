"""Memory in huge pages: asked for by a process of its own, looked at from outside Python's view."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cython_ext import huge_pages

KERNEL = Path("/sys/kernel/mm/transparent_hugepage/enabled")

CHILD = """
import re
from cython_ext import huge_pages

def kilobytes(name):
    text = open("/proc/self/smaps_rollup").read()
    return int(re.search(rf"^{name}: +([0-9]+) kB", text, re.MULTILINE)[1])

def objects():
    return {number: str(number) for number in range(300_000)}

before = objects()
assert huge_pages.use() and huge_pages.use()
behind = objects()
full = kilobytes("Rss")
assert all(both[number] == str(number) for both in (before, behind) for number in both)
del before, behind  # goes back: arenas from before the call, too
for _ in range(5):
    again = objects(), objects()
    assert all(each[number] == str(number) for each in again for number in each)
    del again
print(kilobytes("AnonHugePages"), full, kilobytes("Rss"))
"""


@pytest.mark.skipif(
    huge_pages.use is huge_pages.use_plain
    or not KERNEL.exists()
    or "[never]" in KERNEL.read_text(),
    reason="the compiled part or the kernel gives no huge pages",
)
def test_small_objects_are_in_huge_pages_and_memory_that_came_back_is_used_again() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True)
    huge, full, again = map(int, done.stdout.split())
    assert huge > 10_000, "of more than 20 MB of objects"
    assert again < 1.3 * full


def test_without_the_compiled_part_memory_stays_as_it_was() -> None:
    assert huge_pages.use_plain() is False
