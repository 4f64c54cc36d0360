"""What each cut of a day measured of loans, part of the ledger's read model: class, cover, loss.

Measured anew at each cut, of every open loan; a row is written when class, stage, cover or
allowance changed, with what it was before and what it follows from. The loans of a debtor, and of
contracts that share collateral, are measured together.

Units: whole minor units of the loan's currency.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from networkx.utils import UnionFind
from sqlalchemy import Connection, Index, Table, select

from kernel.collateral.coverage import LoanCover
from kernel.collateral.margin import coverage_status
from kernel.grading.classes import Grade
from kernel.grading.losses import stage_at
from kernel.loans.standing import Standing, Status
from kernel.loans.state import LoanState, standing_of
from kernel.projections import bulk, outlooks
from kernel.projections.known_figures import Known
from kernel.projections.loan_rows import BookedRow, LoanRows, Measure
from kernel.projections.model import day, small, text, whole
from kernel.projections.securities import Securities
from kernel.reporting.loan_book import RETAIL, exposures_minor, record_of, risk_of, seen
from kernel.reporting.loan_losses import Loss, Risk, WholeTerm, losses

BATCH_LOANS = 1000
"""How many loans the cut of a day holds in memory at once, if no more hang together."""
OVER = (Status.NOT_DISBURSED, Status.SETTLED)
"""Statuses in which nothing is owed."""

Stood = Known | Standing
"""How a loan stands on the day: by the figures that are known, or by a fold."""


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


class LoanLosses:
    """Rows of what cuts measured, and the securities behind them."""

    def __init__(self, table: Callable[..., Table], prefix: str, rows: LoanRows) -> None:
        self.securities = Securities(table, prefix)
        self._rows = rows
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

    def batches(self, connection: Connection) -> Iterator[list[str]]:
        """Open loans some at a time, as they lie in the chunks of the columns; what is measured
        together comes together."""
        books, rows = self._rows.books.c, outlooks.LOANS.c
        found = connection.execute(
            select(books.loan_id, books.contract_id, books.debtor_id)
            .outerjoin(outlooks.LOANS, rows.loan_id == books.loan_id)
            .where(books.is_open == 1)
            .order_by(rows.row.nulls_last(), books.loan_id)
        ).all()
        batch: list[str] = []
        for group in _together(found, self.securities.pledged(connection)):
            batch += group
            if len(batch) >= BATCH_LOANS:
                yield batch
                batch = []
        if batch:
            yield batch

    def measure(
        self,
        connection: Connection,
        stood: Sequence[tuple[BookedRow, Stood]],
        position: int,
        on: datetime.date,
    ) -> None:
        """Measure these loans on the day that the cut at ``position`` ended."""
        ids = [loan.state.loan_id for loan, _ in stood]
        floors = self.securities.floors_of(connection, ids, on)
        lends: dict[str, tuple[tuple[str, int], ...]] = {}

        def covers(owed_minor: Mapping[str, int]) -> Mapping[str, LoanCover]:
            found = self.securities.cover(connection, owed_minor, on)
            lends.update(found.lends)
            return found.covers

        risks = [
            _risk(loan.state, each, floors.get(loan.state.loan_id, {}), on) for loan, each in stood
        ]
        made: list[bulk.Row] = []
        for (loan, each), loss in zip(stood, losses(risks, covers, on), strict=True):
            was, now = loan.measure, _measure(each, loss, on)
            if now != was:
                loan.measure = now
                basis = _basis(loss, lends.get(loan.state.contract_id, ()))
                made.append(_row(loss, was, now, basis, position, on))
        bulk.insert(connection, self.table, made)


def _together(loans: Sequence[Any], pledged: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """Ids of the loans, those of one debtor or of one pool of collateral together."""
    links: UnionFind[tuple[str, str]] = UnionFind()
    secured = {contract_id for contract_id, _ in pledged}
    for contract_id, item_id in pledged:
        links.union(("contract", contract_id), ("item", item_id))
    groups: dict[tuple[str, str], list[str]] = {}
    for loan in loans:
        one = ("loan", loan.loan_id)
        if loan.debtor_id:
            links.union(one, ("debtor", loan.debtor_id))
        if loan.contract_id in secured:
            links.union(one, ("contract", loan.contract_id))
    for loan in loans:
        one = ("loan", loan.loan_id)
        is_linked = loan.debtor_id or loan.contract_id in secured
        groups.setdefault(links[one] if is_linked else one, []).append(loan.loan_id)
    yield from groups.values()


def _risk(state: LoanState, stood: Stood, floors: Mapping[str, Grade], on: datetime.date) -> Risk:
    """The loan by its own conduct and the floors that people set."""
    if isinstance(stood, Standing):
        risk = risk_of(seen(record_of(state), stood), on)
    else:
        claims = stood.figures.recognised
        risk = Risk(
            loan_id=state.loan_id,
            contract_id=state.contract_id,
            debtor_id=next(iter(state.customer_ids), ""),
            is_retail=state.posting_class == RETAIL,
            grade=stood.grade,
            stage=stood.stage,
            exposure_minor=claims.on_balance.principal_minor + claims.off_balance.principal_minor,
            whole_term=lambda: _whole_term(standing_of(state, on)),
            is_written_off=stood.figures.status is Status.WRITTEN_OFF,
            share_ppm=0 if state.partner is None else state.partner.share_ppm,
        )
    grade = max((risk.grade, *floors.values()))
    stage = stage_at(risk.stage, grade)
    return risk if grade == risk.grade else msgspec.structs.replace(risk, grade=grade, stage=stage)


def _whole_term(found: Standing) -> WholeTerm:
    return WholeTerm(exposures_minor(found), found.annual_rate_ppb // 1_000)


def _measure(stood: Stood, loss: Loss, on: datetime.date) -> Measure:
    status = stood.status if isinstance(stood, Standing) else stood.figures.status
    coverage = "" if loss.cover is None else coverage_status(loss.cover, on).value
    if status in OVER:
        return Measure(0, 0, coverage, 0)
    return Measure(int(loss.grade), int(loss.stage), coverage, loss.allowance_minor)


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
