"""From loans to the lines of a book: every figure by the fold, the class and the allowance.

Nothing here is stored: the same loans, day and tables give the same book. A book under other terms
or other rules (see ``what_if``) is made by the same function.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from kernel.common.policy import PolicyTable
from kernel.grading.classes import Conduct, Graded, Spell, grades, own_grade
from kernel.grading.losses import LossTable, stage_of
from kernel.grading.policy import POLICY
from kernel.grading.state import Floor, floors_on
from kernel.grading.unwinding import unwinds, unwound_minor
from kernel.loans.colending import partner_part_minor
from kernel.loans.dated import AnyLoanEvent, Repayment, in_order
from kernel.loans.fold import standing
from kernel.loans.repricing import Cycle
from kernel.loans.standing import Standing, Status
from kernel.loans.state import LoanState
from kernel.loans.terms import LoanTerms
from kernel.reporting.book import Book, LoanLine, Planned
from kernel.reporting.loan_losses import Covers, Loss, Risk, WholeTerm, losses, no_cover

YEAR_DAYS = 365
YEARS_MAX = 40
RETAIL = "PERSONAL_LOAN"


class LoanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as the book takes it: what was agreed and what happened.

    ``floors`` are classes that people set, with their days; ``restructured_on`` the days of relief
    for a debtor in difficulty; ``cycle`` when a floating rate changes.
    """

    loan_id: str
    contract_id: str
    debtor_id: str
    branch_id: str
    product_id: str
    posting_class: str
    terms: LoanTerms
    events: tuple[AnyLoanEvent, ...]
    partner_id: str = ""
    share_ppm: int = 0
    cycle: Cycle | None = None
    restructured_on: tuple[datetime.date, ...] = ()
    floors: tuple[Floor, ...] = ()


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that a book is made under; without a table of losses, that of the policy's rows."""

    policy: PolicyTable = POLICY
    losses: LossTable | None = None


STANDARD_RULES = Rules()


T = TypeVar("T")


class Weighing(Generic[T]):
    """A book in the making: loans are added one by one, and only their lines are kept.

    Classes and allowances come at the end, since a debtor's loans are graded together. ``note``
    reads something else off each standing, kept in ``notes`` by loan.
    """

    def __init__(
        self,
        on: datetime.date,
        rules: Rules = STANDARD_RULES,
        note: Callable[[Standing], T] | None = None,
    ) -> None:
        self.on, self.rules = on, rules
        self.notes: dict[str, T] = {}
        self._note = note
        self._seen: list[Seen] = []

    def add(self, record: LoanRecord) -> None:
        """Add a loan; one that had not begun on the day is left out."""
        if record.terms.start_date > self.on:
            return
        stands = standing(record.terms, record.events, self.on)
        self._seen.append(seen(record, stands))
        if self._note is not None:
            self.notes[record.loan_id] = self._note(stands)

    def graded(self) -> list[tuple[Seen, Graded]]:
        """Every loan with its class."""
        conducts = (each.conduct for each in self._seen)
        found = grades(conducts, self.on, self.rules.policy)
        return [(each, found[each.line.loan_id]) for each in self._seen]

    def losses(self, covers: Covers = no_cover) -> list[tuple[Seen, Loss]]:
        """Every loan with what it may lose."""
        risks = [risk_of(each, self.on, self.rules.policy) for each in self._seen]
        found = losses(risks, covers, self.on, self.rules.policy, self.rules.losses)
        return list(zip(self._seen, found, strict=True))

    def book(self, covers: Covers = no_cover) -> Book:
        """The lines with class, stage, cover and allowance."""
        return tuple(
            msgspec.structs.replace(
                each.line,
                grade=int(loss.grade),
                stage=int(loss.stage),
                covered_minor=loss.covered_minor,
                allowance_minor=loss.allowance_minor,
                unwound_minor=self._unwound(each, loss.allowance_minor),
            )
            for each, loss in self.losses(covers)
        )

    def _unwound(self, each: Seen, allowance_minor: int) -> int:
        if not unwinds(self.on, self.rules.policy):
            return 0
        interest, owed = (
            minor - partner_part_minor(minor, each.line.share_ppm)
            for minor in (each.interest_since_stop_minor, each.line.principal_minor)
        )
        return unwound_minor(interest, owed, allowance_minor)


CoversOn = Callable[[datetime.date], Covers]


def uncovered(on: datetime.date) -> Covers:
    """Nothing is pledged on any day."""
    return no_cover


def book(
    records: Iterable[LoanRecord],
    on: datetime.date,
    rules: Rules = STANDARD_RULES,
    covers: Covers = no_cover,
) -> Book:
    """Every loan that had begun on the day, as it stood then."""
    return books(records, [on], rules, lambda _: covers)[0]


def books(
    records: Iterable[LoanRecord],
    days: Sequence[datetime.date],
    rules: Rules = STANDARD_RULES,
    covers_on: CoversOn = uncovered,
) -> list[Book]:
    """A book a day, in one pass over the loans."""
    made: list[Weighing[None]] = [Weighing(day, rules) for day in days]
    for record in records:
        for each in made:
            each.add(record)
    return [each.book(covers_on(each.on)) for each in made]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a loan's standing: its line before grading, and what grading asks.

    ``interest_since_stop_minor`` as in ``Standing``.
    """

    line: LoanLine
    conduct: Conduct
    exposures_minor: tuple[int, ...]
    interest_since_stop_minor: int


def record_of(
    state: LoanState, floors: tuple[Floor, ...] = (), cycle: Cycle | None = None
) -> LoanRecord:
    """A loan of the ledger as the book takes it, with the classes that people set."""
    partner = state.partner
    return LoanRecord(
        loan_id=state.loan_id,
        contract_id=state.contract_id,
        debtor_id=next(iter(state.customer_ids), ""),
        branch_id=state.branch_id,
        product_id=state.product_id,
        posting_class=state.posting_class,
        terms=state.loan_terms,
        events=tuple(each.event for each in state.entries),
        partner_id="" if partner is None else partner.partner_id,
        share_ppm=0 if partner is None else partner.share_ppm,
        restructured_on=tuple(
            each.event.value_date for each in state.counted if each.starts_observation
        ),
        floors=floors,
        cycle=cycle,
    )


def conduct(record: LoanRecord, stands: Standing) -> Conduct:
    """What grading needs to know of the loan."""
    return Conduct(
        loan_id=record.loan_id,
        debtor_id=record.debtor_id,
        is_retail=record.posting_class == RETAIL,
        exposure_minor=principal_minor(stands),
        days_past_due=stands.days_past_due,
        spells=tuple(Spell(each.since, each.ended) for each in stands.spells),
        due_dates=tuple(line.due_date for line in stands.instalments if line.number),
        restructured_on=tuple(day for day in record.restructured_on if day <= stands.as_of),
        floors=floors_on(record.floors, stands.as_of),
    )


def principal_minor(stands: Standing) -> int:
    """Principal owed, due or not."""
    return stands.normal_minor + stands.due.principal_minor


def exposures_minor(stands: Standing) -> list[int]:
    """Principal owed now and at the start of each later year, as planned."""
    left = [principal_minor(stands)]
    coming = [line for line in stands.instalments if not line.is_due and line.number]
    for year in range(1, YEARS_MAX):
        until = stands.as_of + datetime.timedelta(days=year * YEAR_DAYS)
        rest = sum(line.principal_minor for line in coming if line.due_date > until)
        if not rest:
            break
        left.append(min(rest, left[-1]))
    return left


def risk_of(each: Seen, on: datetime.date, policy: PolicyTable = POLICY) -> Risk:
    """The loan as its loss takes it, by its own conduct."""
    line, grade = each.line, own_grade(each.conduct, on, policy).grade
    return Risk(
        loan_id=line.loan_id,
        contract_id=line.contract_id,
        debtor_id=line.debtor_id,
        is_retail=line.is_retail,
        grade=grade,
        stage=stage_of(each.conduct, grade, on, policy),
        exposure_minor=line.principal_minor,
        whole_term=lambda: WholeTerm(each.exposures_minor, line.annual_rate_ppb // 1_000),
        is_written_off=line.is_written_off,
        share_ppm=line.share_ppm,
    )


def seen(record: LoanRecord, stands: Standing) -> Seen:
    """What is kept of a loan as it stands."""
    start, cycle = record.terms.start_date, record.cycle
    line = LoanLine(
        loan_id=record.loan_id,
        contract_id=record.contract_id,
        debtor_id=record.debtor_id,
        branch_id=record.branch_id,
        product_id=record.product_id,
        currency=record.terms.currency,
        is_retail=record.posting_class == RETAIL,
        opened_on=start,
        original_minor=stands.disbursed_minor,
        principal_minor=principal_minor(stands),
        overdue_minor=stands.due.principal_minor,
        interest_due_minor=stands.due.interest_minor,
        days_past_due=stands.days_past_due,
        is_written_off=stands.status is Status.WRITTEN_OFF,
        status=stands.status.value,
        share_ppm=record.share_ppm,
        partner_id=record.partner_id,
        annual_rate_ppb=stands.annual_rate_ppb,
        reprices_on=None if cycle is None else cycle.next_day(start, stands.as_of),
        planned=tuple(
            Planned(each.due_date, each.principal_minor - each.paid.principal_minor)
            for each in stands.instalments
            if not each.is_due and each.principal_minor > each.paid.principal_minor
        ),
        guarantor_paid_on=_guarantor_paid_on(record.events, stands.as_of),
    )
    return Seen(
        line=line,
        conduct=conduct(record, stands),
        exposures_minor=tuple(exposures_minor(stands)),
        interest_since_stop_minor=stands.interest_since_stop_minor,
    )


def _guarantor_paid_on(events: tuple[AnyLoanEvent, ...], on: datetime.date) -> datetime.date | None:
    """The last day until ``on`` on which a guarantor paid; a payment that was reversed is none."""
    if not any(isinstance(each, Repayment) and each.guarantor_id for each in events):
        return None
    days = (
        each.value_date
        for each in in_order(events)
        if isinstance(each, Repayment) and each.guarantor_id and each.value_date <= on
    )
    return max(days, default=None)
