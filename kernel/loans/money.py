"""What money does to a loan: allocation by the waterfall, money held, waivers.

Units: whole minor units. Each act writes what became of it as lines of allocation; the lines of
one payment add up to the payment (invariant: nothing is lost, nothing is made).
Source: Civil Code arts 560 and 561 (order of allocation).
"""

from __future__ import annotations

import msgspec

from kernel.loans.arrears import release, touch
from kernel.loans.course import Course
from kernel.loans.line import FEE, INDEX, INTEREST, PRINCIPAL, Line
from kernel.loans.on_books import OnBooks
from kernel.loans.terms import COMPONENTS, Waterfall


class Entry(msgspec.Struct):
    """One line of what became of an event: ``source`` is its place among the events that count."""

    source: int
    day: int
    number: int | None
    purpose: str
    amount: int
    note: str = ""


class Money:
    """The payments of a course: allocations, and what is held for later or owed back."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.entries: list[Entry] = []
        self.held: list[list[int]] = []
        self.recovered = 0
        self.left_books: OnBooks | None = None

    def write(self, source: int, line: Line | None, purpose: str, amount: int) -> None:
        """Note what an amount was used for; the recovery of a written-off claim is counted."""
        number = None if line is None else line.number
        self.entries.append(Entry(source, self.course.today, number, purpose, amount))
        if self.course.written_off:
            self.recovered += amount

    def note(self, source: int, purpose: str, amount: int) -> None:
        """Note an amount that is no payment."""
        self.entries.append(Entry(source, self.course.today, None, purpose, amount))

    def no_effect(self, source: int, note: str) -> None:
        """Say that an event changes nothing any more, and why."""
        self.entries.append(Entry(source, self.course.today, None, "no_effect", 0, note))

    # -- what is due --

    def allocate(self, source: int, amount: int, paid_on: int, only: int | None = None) -> int:
        """Pay what is due by the waterfall in force; comes back with what is left.

        ``only`` one component is paid where it is named.
        """
        course = self.course
        lines = sorted(course.owing, key=lambda line: (line.due, line.number))
        for line in lines:
            touch(course, line)
        table = self._table(paid_on)
        order = [INDEX[component] for component in table.order]
        if only is not None:
            order = [only]
        if table.across == "instalment":
            steps = [(line, part) for line in lines for part in order]
        else:
            steps = [(line, part) for part in order for line in lines]
        for line, part in steps:
            if not amount:
                break
            amount -= self._pay(source, line, part, amount, paid_on)
        for line in lines:
            release(course, line)
        return amount

    def _pay(self, source: int, line: Line, part: int, amount: int, paid_on: int) -> int:
        paid = min(amount, line.open_amount(part))
        if paid > 0:
            line.pay(part, paid, paid_on)
            if part == PRINCIPAL:
                self.course.unpaid_principal -= paid
            self.write(source, line, COMPONENTS[part].value, paid)
        return max(0, paid)

    def _table(self, day: int) -> Waterfall:
        course = self.course
        status = "non_accrual" if course.non_accrual or course.written_off else "accrual"
        fits = [
            table
            for table in course.terms.waterfall
            if table.status == status and table.from_date.toordinal() <= day
        ]
        return max(fits, key=lambda table: table.from_date, default=Waterfall())

    # -- what is left --

    def hold(self, source: int, amount: int, paid_on: int) -> None:
        """Keep money for what falls due next; at the end of the loan it is owed back."""
        if amount:
            self.held.append([source, amount, paid_on])
            number = self.course.open.number if self.course.open else None
            self.entries.append(Entry(source, self.course.today, number, "held", amount))

    def held_minor(self) -> int:
        """Money received that nothing asked for yet."""
        return sum(amount for _, amount, _ in self.held)

    def use_held(self) -> None:
        """Pay what has fallen due out of the money held, oldest first."""
        for item in self.held:
            source, amount, paid_on = item
            if amount and self.course.owing:
                item[1] = self.allocate(source, amount, paid_on)
                if item[1] != amount:
                    used = Entry(source, self.course.today, None, "held", item[1] - amount)
                    self.entries.append(used)
        self.held = [item for item in self.held if item[1]]

    def release_held(self) -> list[tuple[int, int, int]]:
        """Give up what is held, as (source, amount, paid on), for another use today."""
        released = [(source, amount, paid_on) for source, amount, paid_on in self.held]
        self.held = []
        for source, amount, _ in released:
            self.entries.append(Entry(source, self.course.today, None, "held", -amount))
        return released

    def refund(self, source: int, amount: int) -> None:
        """Money owed to the customer went out; more than was held has no effect."""
        left = amount
        for item in self.held:
            out = min(item[1], left)
            item[1] -= out
            left -= out
        self.held = [item for item in self.held if item[1]]
        if left < amount:
            self.entries.append(Entry(source, self.course.today, None, "held", left - amount))
        if left:
            self.no_effect(source, f"{left} was not held")

    # -- relief --

    def waive(self, source: int, parts: tuple[int, ...], amount: int | None) -> None:
        """Forgive components, oldest first, then what has accrued; the rest has no effect."""
        course = self.course
        left = 10**18 if amount is None else amount
        for line in sorted(course.owing, key=lambda each: (each.due, each.number)):
            touch(course, line)
            for part in parts:
                left -= self._forgive(source, line, part, left)
            release(course, line)
        if course.open is not None and INTEREST in parts and left:
            accrued = min(left, course.unsettled())
            if accrued:
                left -= self._forgive(source, course.settle(accrued), INTEREST, accrued)
        if course.open is not None and FEE in parts:
            left -= self._forgive(source, course.open, FEE, left)
        if amount is not None and left:
            self.no_effect(source, f"{left} was not owed")
        elif amount is None and left == 10**18:
            self.no_effect(source, "nothing was owed")

    def _forgive(self, source: int, line: Line, part: int, most: int) -> int:
        given = max(0, min(most, line.open_amount(part)))
        if given:
            line.waived[part] += given
            number = line.number
            purpose = f"waived_{COMPONENTS[part].value}"
            self.entries.append(Entry(source, self.course.today, number, purpose, given))
        return given
