"""What if: a book replayed under other terms, waterfall, rate path or grading; nothing is kept.

The same events that happened are folded under the change; the answer is the difference, loan by
loan and in sum. What the customer paid stays; what is planned changes with the terms.

Units: whole minor units; differences are changed minus actual.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.common.policy import PolicyRow, PolicyTable
from kernel.common.refusals import InvalidInput
from kernel.grading.losses import LossTable
from kernel.grading.policy import POLICY
from kernel.loans.dated import AnyLoanEvent, RateSet
from kernel.loans.product import faults
from kernel.loans.standing import Standing
from kernel.loans.terms import LoanTerms
from kernel.reporting.book import LoanLine
from kernel.reporting.loan_book import STANDARD_RULES, LoanRecord, Rules, Weighing
from kernel.reporting.loan_losses import Covers, no_cover
from kernel.reporting.table import Cell, Parts


class RatePoint(BaseModel):
    """From a day on, every selected loan has this contract rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    from_date: datetime.date
    annual_rate_ppm: Annotated[int, Field(ge=0, le=10_000_000)]


class Change(BaseModel):
    """What is other than it was; an empty selection means every loan.

    ``terms`` replace fields of ``LoanTerms``; ``rate_path`` replaces every rate that was set;
    ``grading`` are values of the grading policy by key; ``losses`` another loss table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_ids: tuple[str, ...] = ()
    branch_ids: tuple[str, ...] = ()
    loan_ids: tuple[str, ...] = ()
    terms: dict[str, Any] = Field(default_factory=dict)
    rate_path: tuple[RatePoint, ...] = ()
    grading: dict[str, int] = Field(default_factory=dict)
    losses: LossTable | None = None


COLUMNS = (
    "loan_id", "currency", "cash_received_minor", "cash_planned_minor", "income_minor",
    "principal_minor", "grade", "days_past_due", "allowance_minor",
    "cash_planned_change_minor", "income_change_minor", "principal_change_minor",
    "grade_change", "days_past_due_change", "allowance_change_minor",
)  # fmt: skip


def change_of(document: object) -> Change:
    """A checked change file; raises InvalidInput with the paths that are wrong."""
    try:
        change = Change.model_validate(document)
    except ValidationError as error:
        raise InvalidInput(*faults(error, "change")) from None
    known = {row.key for row in POLICY.rows()}
    unknown = sorted(set(change.grading) - known)
    if unknown:
        raise InvalidInput(
            (f"change.grading.{unknown[0]}", f"is none of {', '.join(sorted(known))}")
        )
    return change


def what_if(
    records: Iterable[LoanRecord],
    on: datetime.date,
    change: Change,
    rules: Rules = STANDARD_RULES,
    covers: Covers = no_cover,
) -> Parts:
    """A row a selected loan and a row of sums a currency; contagion and cover see the selected
    loans only.

    Raises InvalidInput for terms that a loan cannot have.
    """
    actual = Weighing(on, rules, _money)
    changed = Weighing(on, _rules(change, rules), _money)
    for record in records:
        if _is_chosen(record, change):
            actual.add(record)
            changed.add(changed_record(record, change))
    before = {line.loan_id: line for line in actual.book(covers)}
    rows: list[tuple[Any, ...]] = []
    for line in changed.book(covers):
        was = _figures(before[line.loan_id], actual.notes[line.loan_id])
        now = _figures(line, changed.notes[line.loan_id])
        differences = [b - a for a, b in zip(was[1:], now[1:], strict=True)]
        rows.append((line.loan_id, line.currency, *was, *differences))
    return COLUMNS, [*rows, *_sums(rows)]


def changed_record(record: LoanRecord, change: Change) -> LoanRecord:
    """The loan under the change; raises InvalidInput."""
    values = record.terms.model_dump(exclude_defaults=True)
    path = sorted(change.rate_path, key=lambda point: point.from_date)
    early = [point for point in path if point.from_date <= record.terms.start_date]
    if early:
        values.pop("annual_rate_ppb", None)
        values["annual_rate_ppm"] = early[-1].annual_rate_ppm
    try:
        terms = LoanTerms.model_validate({**values, **change.terms})
    except ValidationError as error:
        raise InvalidInput(*faults(error, f"{record.loan_id}.terms")) from None
    return msgspec.structs.replace(record, terms=terms, events=_events(record, path))


def _events(record: LoanRecord, path: list[RatePoint]) -> tuple[AnyLoanEvent, ...]:
    if not path:
        return record.events
    kept = tuple(event for event in record.events if not isinstance(event, RateSet))
    rates = tuple(
        RateSet(
            value_date=point.from_date,
            event_id=f"path-{point.from_date}",
            annual_rate_ppm=point.annual_rate_ppm,
        )
        for point in path
        if point.from_date > record.terms.start_date
    )
    return kept + rates


def _rules(change: Change, rules: Rules) -> Rules:
    replaced = [
        row if row.key not in change.grading else _revalued(row, change.grading[row.key])
        for row in rules.policy.rows()
    ]
    return Rules(policy=PolicyTable(replaced), losses=change.losses or rules.losses)


def _revalued(row: PolicyRow, value: int) -> PolicyRow:
    return msgspec.structs.replace(row, value=value, legal_basis="what if", verified=False)


def _is_chosen(record: LoanRecord, change: Change) -> bool:
    return all(
        not wanted or value in wanted
        for wanted, value in (
            (change.product_ids, record.product_id),
            (change.branch_ids, record.branch_id),
            (change.loan_ids, record.loan_id),
        )
    )


def _money(stands: Standing) -> tuple[int, int, int]:
    """Cash that came, cash that is planned, income so far."""
    known = stands.recognised
    received = (
        known.principal_received_minor + known.interest_received_minor
        + known.penalty_received_minor + known.compound_received_minor
        + known.fee_received_minor + known.recovered_minor + stands.unapplied_minor
    )  # fmt: skip
    planned = sum(each.outstanding_minor for each in stands.instalments)
    income = (
        known.interest_accrued_minor + known.penalty_accrued_minor + known.compound_accrued_minor
        + known.fee_due_minor - known.interest_waived_minor - known.penalty_waived_minor
        - known.compound_waived_minor - known.fee_waived_minor
    )  # fmt: skip
    return received, planned, income


def _figures(line: LoanLine, money: tuple[int, int, int]) -> list[int]:
    """Money, principal, class, days, allowance."""
    own = (line.principal_minor, line.grade, line.days_past_due, line.allowance_minor)
    return [*money, *own]


def _sums(rows: list[tuple[Any, ...]]) -> list[tuple[Cell, ...]]:
    """Sums by currency; classes and days have none."""
    sums: dict[str, list[int | None]] = {}
    for row in rows:
        figures = sums.setdefault(row[1], [0] * (len(COLUMNS) - 2))
        for place, figure in enumerate(row[2:]):
            if COLUMNS[place + 2].endswith("_minor"):
                figures[place] = (figures[place] or 0) + figure
            else:
                figures[place] = None
    return [("SUM", currency, *figures) for currency, figures in sorted(sums.items())]
