"""One instalment while the fold runs: what it asks, what was paid, waived or moved away.

Units: whole minor units, by component in the order of ``COMPONENTS``; penalty and compound
interest are kept as exact numerators and rounded when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kernel.loans.terms import COMPONENTS

FEE, COMPOUND, PENALTY, INTEREST, PRINCIPAL = range(5)
INDEX = {component: place for place, component in enumerate(COMPONENTS)}
SegmentRow = tuple[int, int, int, int, int, int]


class Line:
    """The instalment with its number; ``prepaid`` is early principal, ``ahead`` the part of it
    that counts as payment of the instalment itself; ``extra`` principal asked on top."""

    __slots__ = (
        "ahead", "arrears", "asked", "balance", "compound", "compound_mark", "days", "due",
        "early", "extra", "is_due", "late", "marked_on", "moved", "number", "paid", "penalty",
        "penalty_mark", "prepaid", "segments", "start", "waived",
    )  # fmt: skip

    def __init__(self, number: int, start: int, due: int, days: int) -> None:
        self.number, self.start, self.due, self.days = number, start, due, days
        self.asked = [0] * 5
        self.paid = [0] * 5
        self.waived = [0] * 5
        self.moved = [0] * 5
        self.prepaid = self.ahead = self.extra = self.balance = 0
        self.early = self.late = 0
        self.penalty = self.compound = 0
        self.penalty_mark = self.compound_mark = self.marked_on = 0
        self.arrears: list[SegmentRow] = []
        self.is_due = False
        self.segments: list[SegmentRow] = []

    def open_amount(self, part: int) -> int:
        """What is still asked of a component."""
        return self.asked[part] - self.paid[part] - self.waived[part] - self.moved[part]

    def open_amounts(self) -> list[int]:
        """What is still asked, by component."""
        rows = zip(self.asked, self.paid, self.waived, self.moved, strict=True)
        return [asked - paid - waived - moved for asked, paid, waived, moved in rows]

    def is_open(self) -> bool:
        """Whether anything is still asked."""
        return any(self.open_amount(part) for part in range(5))

    def owes_scheduled(self) -> bool:
        """Whether principal, interest or a fee is still asked: what makes it overdue."""
        return bool(
            self.open_amount(PRINCIPAL) or self.open_amount(INTEREST) or self.open_amount(FEE)
        )

    def pay(self, part: int, amount: int, paid_on: int) -> None:
        """Take money for a component."""
        self.paid[part] += amount
        if paid_on < self.due:
            self.early += amount
        elif paid_on > self.due:
            self.late += amount


def by_part(rows: Iterable[Sequence[int]]) -> list[int]:
    """The sum of each component over rows of components; zeros without any row.

    >>> by_part([[1, 0, 0, 2, 3], [0, 0, 0, 1, 1]])
    [1, 0, 0, 3, 4]
    """
    return [sum(each) for each in zip(*rows, strict=True)] or [0] * 5
