"""From loans to the lines of a book: every figure by the fold, the class and the allowance.

Nothing here is stored: the same loans, day and tables give the same book. A book under other terms
or other rules (see ``what_if``) is made by the same function.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from kernel.common.policy import PolicyTable
from kernel.grading.classes import Conduct, Grade, Spell, grades
from kernel.grading.losses import STANDARD, LossTable, expected_loss_minor, stage_of
from kernel.grading.policy import POLICY
from kernel.loans.dated import AnyLoanEvent, Restructuring, in_order
from kernel.loans.fold import standing
from kernel.loans.standing import Standing, Status
from kernel.loans.state import LoanState
from kernel.loans.terms import LoanTerms
from kernel.reporting.book import Book, LoanLine, Planned

YEAR_DAYS = 365
YEARS_MAX = 40
RETAIL = "PERSONAL_LOAN"


class LoanRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A loan as the book takes it: what was agreed and what happened.

    ``relieved_on`` are the days of relief to a debtor in difficulty, by default of restructurings;
    ``floors`` are classes that people set, reason to class; ``covered_minor`` what pledges cover.
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
    covered_minor: int = 0
    reprices_on: datetime.date | None = None
    relieved_on: tuple[datetime.date, ...] | None = None
    floors: Mapping[str, Grade] = {}


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that a book is made under."""

    policy: PolicyTable = POLICY
    losses: LossTable = STANDARD


STANDARD_RULES = Rules()


def book(
    records: Iterable[LoanRecord], on: datetime.date, rules: Rules = STANDARD_RULES
) -> tuple[Book, dict[str, Standing]]:
    """Every loan that had begun on the day, and the standings that the lines were read off."""
    found = {
        record.loan_id: (record, standing(record.terms, record.events, on))
        for record in records
        if record.terms.start_date <= on
    }
    conducts = {loan_id: conduct(record, stands) for loan_id, (record, stands) in found.items()}
    graded = grades(conducts.values(), on, rules.policy)
    lines = tuple(
        _line(record, stands, conducts[loan_id], graded[loan_id].grade, on, rules)
        for loan_id, (record, stands) in found.items()
    )
    return lines, {loan_id: stands for loan_id, (_, stands) in found.items()}


def record_of(state: LoanState, covered_minor: int = 0) -> LoanRecord:
    """A loan of the ledger as the book takes it."""
    return LoanRecord(
        loan_id=state.loan_id,
        contract_id=state.contract_id,
        debtor_id=next(iter(state.customer_ids), ""),
        branch_id=state.branch_id,
        product_id=state.product_id,
        posting_class=state.posting_class,
        terms=state.loan_terms,
        events=tuple(each.event for each in state.entries),
        partner_id="" if state.partner is None else state.partner.partner_id,
        share_ppm=0 if state.partner is None else state.partner.share_ppm,
        covered_minor=covered_minor,
        relieved_on=tuple(
            each.event.value_date for each in state.counted if each.starts_observation
        ),
    )


def conduct(record: LoanRecord, stands: Standing) -> Conduct:
    """What grading needs to know of the loan."""
    relieved_on = record.relieved_on
    if relieved_on is None:
        restructured = (each for each in in_order(record.events) if isinstance(each, Restructuring))
        relieved_on = tuple(each.value_date for each in restructured)
    return Conduct(
        loan_id=record.loan_id,
        debtor_id=record.debtor_id,
        is_retail=record.posting_class == RETAIL,
        exposure_minor=principal_minor(stands),
        days_past_due=stands.days_past_due,
        spells=tuple(Spell(each.since, each.ended) for each in stands.spells),
        due_dates=tuple(line.due_date for line in stands.instalments if line.number),
        restructured_on=tuple(day for day in relieved_on if day <= stands.as_of),
        floors=record.floors,
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


def _line(
    record: LoanRecord,
    stands: Standing,
    shown: Conduct,
    grade: Grade,
    on: datetime.date,
    rules: Rules,
) -> LoanLine:
    stage = stage_of(shown, grade, on, rules.policy)
    written_off = stands.status is Status.WRITTEN_OFF
    allowance = expected_loss_minor(
        rules.losses,
        stage,
        grade,
        exposures_minor(stands),
        stands.annual_rate_ppb // 1_000,
        record.covered_minor,
    )
    return LoanLine(
        loan_id=record.loan_id,
        contract_id=record.contract_id,
        debtor_id=record.debtor_id,
        branch_id=record.branch_id,
        product_id=record.product_id,
        currency=record.terms.currency,
        is_retail=shown.is_retail,
        opened_on=record.terms.start_date,
        original_minor=stands.disbursed_minor,
        principal_minor=shown.exposure_minor,
        overdue_minor=stands.due.principal_minor,
        interest_due_minor=stands.due.interest_minor,
        days_past_due=stands.days_past_due,
        grade=int(grade),
        stage=int(stage),
        allowance_minor=0 if written_off else allowance,
        covered_minor=record.covered_minor,
        is_written_off=written_off,
        status=stands.status.value,
        share_ppm=record.share_ppm,
        partner_id=record.partner_id,
        annual_rate_ppb=stands.annual_rate_ppb,
        reprices_on=record.reprices_on,
        planned=tuple(
            Planned(line.due_date, line.principal_minor - line.paid.principal_minor)
            for line in stands.instalments
            if not line.is_due and line.principal_minor > line.paid.principal_minor
        ),
    )
