"""What each cut of a day measured of loans, part of the ledger's read model: class, cover, loss.

Measured anew at each cut, of every open loan whose inputs moved; what changed is kept with what it
was before and what it follows from. The loans of a debtor, and of contracts that share collateral,
are measured together.

Units: whole minor units of the loan's currency.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Index, Table

from kernel.bookkeeping.loan_figures import OVER
from kernel.collateral.coverage import LoanCover
from kernel.collateral.margin import coverage_status
from kernel.grading.classes import Grade
from kernel.grading.losses import stage_at
from kernel.loans.standing import Standing
from kernel.loans.state import LoanState
from kernel.projections import bulk
from kernel.projections.memo_books import MemoBooks
from kernel.projections.model import day, small, text, whole
from kernel.projections.securities import Securities
from kernel.reporting.loan_book import record_of, risk_of, seen
from kernel.reporting.loan_losses import Loss, Risk, losses


class Measure(msgspec.Struct, frozen=True):
    """What was measured last: class and stage (0: nothing is owed), how the loan is covered (empty:
    nothing is pledged), exposure and allowance, and the table of losses. A loan that is new is
    taken to be of class and stage 1.
    """

    grade: int = 1
    stage: int = 1
    coverage: str = ""
    exposure_minor: int = 0
    allowance_minor: int = 0
    table_id: str = ""


NEW = Measure()


class Basis(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a measurement follows from. ``lends`` is what each item lends, to all that it secures.

    ``owed_minor`` and ``covered_minor`` are the contract's.
    """

    table_id: str
    is_lowered: bool = False
    owed_minor: int = 0
    covered_minor: int = 0
    shortfall_minor: int = 0
    lends: tuple[tuple[str, int], ...] = ()


class Measured(msgspec.Struct, frozen=True):
    """A loan to be measured; ``is_over`` of one that owes nothing any more."""

    risk: Risk
    is_over: bool = False


class LoanLosses:
    """``loan_measures`` is what was measured last, ``loan_losses`` each change at its cut."""

    def __init__(self, table: Callable[..., Table], prefix: str, memos: MemoBooks) -> None:
        self.securities = Securities(table, prefix, memos)
        self.last = table(
            "loan_measures",
            text("loan_id", key=True),
            small("grade"),
            small("stage"),
            text("coverage"),
            whole("exposure_minor"),
            whole("allowance_minor"),
            text("table_id"),
        )
        self.table = table(
            "loan_losses",
            text("loan_id", key=True),
            whole("position", key=True),
            day("day"),
            small("grade"),
            small("stage"),
            text("coverage"),
            whole("allowance_minor"),
            small("was_grade"),
            small("was_stage"),
            text("was_coverage"),
            whole("exposure_minor"),
            whole("covered_minor"),
            whole("loss_ppm"),
            text("basis"),
        )
        Index(f"{prefix}loan_losses_position", self.table.c.position)

    def measures(self, connection: Connection, loan_ids: Iterable[str]) -> dict[str, Measure]:
        """What was measured last of these loans; those that never were are not there."""
        rows = bulk.load(connection, self.last, "loan_id", loan_ids)
        return {row.loan_id: Measure(*row[1:]) for row in rows}

    def measure(
        self,
        connection: Connection,
        loans: Sequence[Measured],
        position: int,
        on: datetime.date,
    ) -> None:
        """Measure these loans on the day that the cut at ``position`` ended."""
        lends: dict[str, tuple[tuple[str, int], ...]] = {}

        def covers(owed_minor: Mapping[str, int]) -> Mapping[str, LoanCover]:
            found = self.securities.cover(connection, owed_minor, on)
            lends.update(found.lends)
            return found.covers

        found = losses([each.risk for each in loans], covers, on)
        before = self.measures(connection, (each.risk.loan_id for each in loans))
        last: list[bulk.Row] = []
        made: list[bulk.Row] = []
        for each, loss in zip(loans, found, strict=True):
            loan_id, contract_id = each.risk.loan_id, each.risk.contract_id
            was, now = before.get(loan_id, NEW), _measure(each, loss, on)
            if now == was:
                continue
            last.append((loan_id, *msgspec.structs.astuple(now)))
            if _shown(now) != _shown(was):
                basis = _basis(loss, lends.get(contract_id, ()))
                made.append(_row(loss, was, now, basis, position, on))
        bulk.put(connection, self.last, last)
        bulk.insert(connection, self.table, made)


def risk_by_fold(
    state: LoanState, found: Standing, floors: Mapping[str, Grade], on: datetime.date
) -> Measured:
    """A loan as a fold shows it, with the floors that people set."""
    risk = risk_of(seen(record_of(state), found), on)
    grade = max((risk.grade, *floors.values()))
    if grade != risk.grade:
        stage = stage_at(risk.stage, grade)
        risk = msgspec.structs.replace(risk, grade=grade, stage=stage)
    return Measured(risk, found.status in OVER)


def _measure(each: Measured, loss: Loss, on: datetime.date) -> Measure:
    coverage = "" if loss.cover is None else coverage_status(loss.cover, on).value
    if each.is_over:
        return Measure(0, 0, coverage, 0, 0, loss.table_id)
    return Measure(
        int(loss.grade),
        int(loss.stage),
        coverage,
        loss.exposure_minor,
        loss.allowance_minor,
        loss.table_id,
    )


def _shown(measure: Measure) -> tuple[int, int, str, int]:
    return measure.grade, measure.stage, measure.coverage, measure.allowance_minor


def _basis(loss: Loss, lends: tuple[tuple[str, int], ...]) -> Basis:
    cover = loss.cover
    return Basis(
        table_id=loss.table_id,
        is_lowered=loss.is_lowered,
        owed_minor=cover.exposure_minor if cover else 0,
        covered_minor=cover.covered_minor if cover else 0,
        shortfall_minor=cover.shortfall_minor if cover else 0,
        lends=lends,
    )


def _row(
    loss: Loss, was: Measure, now: Measure, basis: Basis, position: int, on: datetime.date
) -> bulk.Row:
    return (
        loss.loan_id, position, on, now.grade, now.stage, now.coverage, now.allowance_minor,
        was.grade, was.stage, was.coverage, loss.exposure_minor, loss.covered_minor, loss.loss_ppm,
        msgspec.json.encode(basis).decode(),
    )  # fmt: skip
