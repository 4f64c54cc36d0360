"""The course of a loan day by day: interest accrues, instalments fall due, arrears cost.

The state that events act on (``kernel.loans.fold``). Time only moves forward; nothing here
knows in which order events arrived.

Units: whole minor units; days are ordinals; rates in ppb a year; accruals are exact numerators
over ``denominator`` (year units of the period × 10**9) and are rounded when an instalment falls
due or somebody asks.
"""

from __future__ import annotations

from kernel.common.day_count import DayCount
from kernel.common.rounding import rounded
from kernel.loans.falling_due import falling_due
from kernel.loans.line import FEE, INTEREST, PRINCIPAL, Line
from kernel.loans.periods import Period, contract_periods
from kernel.loans.plan import Planned, planned
from kernel.loans.terms import InstalmentRule, LoanTerms, Method

BILLION = 10**9
MILLION = 10**6


class Course:
    """A loan on its way; ``today`` is the day that everything is accrued to, exclusive."""

    def __init__(self, terms: LoanTerms) -> None:
        self.terms = terms
        self.method = terms.method
        self.progressive = terms.instalment_rule is InstalmentRule.PROGRESSIVE
        self.rate_ppb = terms.rate_ppb
        self.pending_rate: int | None = None
        self.paused_until = 0
        self.periods = contract_periods(terms)
        self.first_number = 1
        self.today = self.periods[0].start
        self.lines: list[Line] = []
        self.owing: list[Line] = []
        self.waiting: list[Line] = []
        self.plans: list[Planned] = []
        self.payments: dict[int, int] = {}
        self.normal = self.disbursed = self.flat_base = 0
        self.capitalised = self.unpaid_principal = self.deferred = 0
        self.principal_written_off = 0
        self.projecting = self.written_off = self.non_accrual = self.matured = False
        self.accrued_before_stop = 0
        self.ahead: dict[int, list[tuple[int, int, int]]] = {}
        self.spells: list[tuple[int, int | None]] = []
        self.penalty_index = self.compound_index = 0
        self.penalty_denominator = BILLION * MILLION * year_base(terms)
        self.number = 0
        self.carry = (0, 1)
        self.units = self.factor = self.accrued = 0
        self.scale = self.denominator = 1
        self.open: Line | None = None
        self._open(1)

    # -- time --

    def advance(self, day: int) -> None:
        """Bring the loan to a day: what falls due on it is due, its interest is still to come."""
        for _ in range(3 * (self.last_number + 2) + 2 * len(self.lines)):
            stop = self._next_stop()
            if stop is None or stop > day:
                break
            self._accrue(stop)
            for line in [each for each in self.waiting if each.due <= stop]:
                self.waiting.remove(line)
                self.mark(line)
            if self.open is not None and min(self.period.end, self.period.due) <= stop:
                self._fall_due()
        self._accrue(day)

    def next_due(self, until: int) -> int | None:
        """The next day, up to ``until``, on which something falls due; None when nothing does."""
        stop = self._next_stop()
        return stop if stop is not None and stop <= until else None

    def _next_stop(self) -> int | None:
        stops = [line.due for line in self.waiting]
        if self.open is not None:
            stops.append(max(self.today, min(self.period.end, self.period.due)))
        return min(stops, default=None)

    def _accrue(self, day: int) -> None:
        if day <= self.today:
            return
        if self.today < self.paused_until < day:
            self._accrue(self.paused_until)
        days, paused = day - self.today, self.today < self.paused_until
        penalty = self.terms.penalty
        if penalty is not None and not self.projecting:
            cost = days * self.rate_ppb * penalty.multiplier_ppm
            self.penalty_index += cost
            if penalty.compound == "penalty" or self.matured:
                self.compound_index += cost
            else:
                self.compound_index += days * self.rate_ppb * MILLION
        if self.open is not None:
            self._accrue_period(self.period.units_at(day), day, paused)
        self.today = day

    def _accrue_period(self, units: int, day: int, paused: bool = False) -> None:
        """Interest of the open period up to ``units`` of it."""
        added, rate = units - self.units, self.rate_ppb
        self.units = units
        self.factor += rate * added
        if paused or self.number <= self.terms.grace.interest_free:
            rate = 0
        base = self.base()
        if added and base and self.open is not None:
            self.accrued += base * rate * added * self.scale
            stretch = (self.today, day, base, rate, added, self.period.denominator)
            self.open.segments.append(stretch)

    def base(self) -> int:
        """The principal that bears contract interest."""
        if self.method is Method.DISCOUNTED:
            return 0  # its interest was taken at the start
        if self.method is Method.FLAT:
            return self.flat_base
        if self.progressive and not self.projecting:
            return self.normal + self.unpaid_principal
        return self.normal

    # -- interest of the open period --

    def interest_now(self) -> int:
        """Interest of the open period up to today, rounded; settled or not."""
        terms = self.terms
        return rounded(self.accrued, self.denominator, terms.rounding, terms.rounding_unit_minor)

    def unsettled(self) -> int:
        """Interest accrued to today that was neither due nor settled."""
        if self.open is None:
            return 0
        return max(0, self.interest_now() - self.open.asked[INTEREST]) + self.deferred

    def settle(self, amount: int) -> Line:
        """Ask for accrued interest before its instalment; the caller pays or waives it."""
        assert self.open is not None
        later = min(self.deferred, amount)
        self.deferred -= later
        self.open.asked[INTEREST] += amount
        if later:  # the deferred part is on top of the period's own interest
            self.accrued += later * self.denominator
        return self.open

    def enter(self, period: Period) -> None:
        """Go on in another period; interest so far is carried over exactly."""
        carried, over = self.carry
        self.scale = over
        self.denominator = period.denominator * BILLION * over
        self.accrued = carried * period.denominator * BILLION
        self.carry = (0, 1)
        self.units = period.units_at(self.today)
        self.factor = 0

    def rebase(self) -> None:
        """The open period changed its dates: keep its interest, count on from today."""
        self.carry = (self.accrued, self.denominator)
        self.enter(self.period)
        self.factor = self.rate_ppb * self.units

    # -- instalments --

    @property
    def period(self) -> Period:
        """The period of the open instalment."""
        return self.periods[self.number - self.first_number]

    @property
    def last_number(self) -> int:
        """The number of the last instalment."""
        return self.first_number + len(self.periods) - 1

    def _open(self, number: int) -> None:
        """Begin the period of an instalment, or end the schedule after the last one."""
        if number > self.last_number:
            self.open = None
            self.matured = True
            return
        self.number = number
        period = self.period
        self.open = Line(number, period.start, period.due, period.days)
        self.enter(period)
        self.lines.append(self.open)
        for amount, paid_on, _ in self.ahead.pop(number, []):
            self.take_early(self.open, amount, paid_on, counts=True)
        if self.pending_rate is not None:
            self.rate_ppb, self.pending_rate = self.pending_rate, None
            self.plan("rate_set")

    def reopen(self, number: int) -> None:
        """Begin a new schedule with its first instalment."""
        self._open(number)

    def take_early(self, line: Line, amount: int, paid_on: int, *, counts: bool) -> None:
        """Principal that came back before its instalment fell due."""
        line.asked[PRINCIPAL] += amount
        line.pay(PRINCIPAL, amount, paid_on)
        line.prepaid += amount
        line.ahead += amount if counts else 0

    def _fall_due(self) -> None:
        line, period = self.open, self.period
        assert line is not None
        self._accrue_period(period.units, period.end)
        due = falling_due(self, line)
        line.asked[INTEREST] = max(due.interest_minor, line.asked[INTEREST])
        line.asked[PRINCIPAL] += due.principal_minor
        line.asked[FEE] += due.fee_minor
        self.normal -= due.principal_minor
        self.close_line(line)
        if due.is_last:
            self.end()
        else:
            self._open(self.number + 1)

    def end(self) -> None:
        """The schedule is over; principal paid ahead of it belongs to the open line."""
        self.gather_ahead()
        self.open, self.matured = None, True

    def gather_ahead(self) -> None:
        """Principal paid ahead for instalments that will not come is part of the open one."""
        for number in sorted(self.ahead):
            for amount, paid_on, _ in self.ahead.pop(number):
                if self.open is not None:
                    self.take_early(self.open, amount, paid_on, counts=False)

    def close_line(self, line: Line) -> None:
        """The line is due now: what it asks is owed, from its due date on it may cost penalty."""
        line.is_due = True
        line.balance = self.normal
        if line.is_open():
            self.owing.append(line)
        self.unpaid_principal += line.open_amount(PRINCIPAL)
        if line.due > self.today:
            self.waiting.append(line)
        else:
            self.mark(line)

    def mark(self, line: Line) -> None:
        """From today on the line may cost penalty and compound interest."""
        line.penalty_mark, line.compound_mark = self.penalty_index, self.compound_index
        line.marked_on = self.today

    # -- planning --

    def plan(self, because: str) -> None:
        """Work out the instalments from the open one on, from what is not yet due."""
        if self.open is None:
            return
        made = planned(self, because)
        self.payments.update(made.payments)
        self.plans.append(made)

    def write_off(self) -> None:
        """From today on the claim stands outside the books."""
        self.written_off = True
        self.principal_written_off = sum(line.open_amount(PRINCIPAL) for line in self.owing)


def year_base(terms: LoanTerms) -> int:
    """Days of the year that daily penalty rates divide by: 360, or 365 where the day count says so.

    Source: 银发〔2005〕129号, the daily rate is the annual rate over 360.
    """
    return 365 if terms.day_count in (DayCount.ACT_365F, DayCount.ACT_ACT_ISDA) else 360
