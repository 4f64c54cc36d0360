"""The conformance table as a document; every figure in it comes from a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.conformance.groups import Result

DOCUMENT = Path(__file__).parents[2] / "docs" / "conformance.md"

INTRODUCTION = """\
# Conformance

How the arithmetic of the kernel compares with published figures and with independent libraries.
This page is written by a run and not by hand:

    .venv/bin/python -m tests.conformance

One line is one source under one convention. *Cases* were compared and *passed* agreed: exactly,
or to every decimal that the source prints. A library that reckons in doubles agrees if its double
rounds to the kernel's whole number; where the double lies on the edge between two of them, a
thousandth of the unit is allowed. *Differ* counts cases in which the kernel gives another answer
on purpose; each is explained below the table. Random cases have fixed seeds, so two runs compare
the same ones. The cases are in `tests/conformance`; `make test` runs them too, and fails when a
line of this page is not what the run found.
"""

HEAD = """\
| Source | Convention | Cases | Passed | Differ |
|---|---|---:|---:|---:|
"""


def document(results: Sequence[Result]) -> str:
    """The whole page."""
    rows = "".join(f"{result.row()}\n" for result in results)
    cases, passed = (
        sum(each) for each in zip(*((r.cases, r.passed) for r in results), strict=True)
    )
    explained = sum(len(result.explained) for result in results)
    total = f"| **All** | | **{cases:,}** | **{passed:,}** | **{explained}** |\n"
    return f"{INTRODUCTION}\n{HEAD}{rows}{total}\n## Where the kernel differs\n\n{reasons(results)}"


def reasons(results: Sequence[Result]) -> str:
    """One line for each case that is explained."""
    return "".join(
        f"- {result.group.source}, {name}: {result.group.differs[name]}.\n"
        for result in results
        for name in result.explained
    )
