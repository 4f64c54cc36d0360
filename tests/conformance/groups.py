"""A group of cases: one source, one convention, and how the kernel answers each case."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple


class Case(NamedTuple):
    """What the source says, and what the kernel says."""

    name: str
    expected: Any
    actual: Any


@dataclasses.dataclass(frozen=True)
class Group:
    """Cases of one source under one convention.

    ``differs`` names the cases in which the source is right by a convention that the kernel does
    not claim, or wrong, and says why; such a case must really differ.
    """

    source: str
    convention: str
    cases: Callable[[], Iterable[Case]]
    agrees: Callable[[Any, Any], bool] = operator.eq
    differs: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.source}: {self.convention}"


@dataclasses.dataclass(frozen=True)
class Result:
    """What a run of a group found."""

    group: Group
    cases: int
    failed: tuple[Case, ...]
    explained: tuple[str, ...]

    @property
    def passed(self) -> int:
        return self.cases - len(self.failed) - len(self.explained)

    @property
    def complete(self) -> bool:
        """Whether every case agrees, or is one of those that are explained."""
        return self.cases > 0 and not self.failed and set(self.explained) == {*self.group.differs}

    def row(self) -> str:
        """The group's line in the table."""
        cells = [
            self.group.source,
            self.group.convention,
            f"{self.cases:,}",
            f"{self.passed:,}",
            f"{len(self.explained)}" if self.explained else "–",
        ]
        return f"| {' | '.join(cells)} |"


def run(group: Group) -> Result:
    """Compare every case of the group."""
    cases = 0
    failed: list[Case] = []
    explained: list[str] = []
    for case in group.cases():
        cases += 1
        if group.agrees(case.expected, case.actual):
            continue
        if case.name in group.differs:
            explained.append(case.name)
        else:
            failed.append(case)
    return Result(group, cases, tuple(failed), tuple(explained))


def library(name: str) -> str:
    """A library's name with the version that is installed."""
    return f"{name} {version(name)}"


def nearest(tolerance: float) -> Callable[[float, int], bool]:
    """Agreement of a double with a whole number: it rounds to it, but for the doubles' own error.

    ``tolerance`` is how far beyond one half, in units, a double may lie.
    """
    return lambda expected, actual: abs(expected - actual) <= 0.5 + tolerance
