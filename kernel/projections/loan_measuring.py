"""The measurement of one cut: first loans that hang together, then each chunk's others.

Of a loan that the columns know, days past due and principal are read off them; it is looked at
again only where these moved, or collateral, or a person's word, or its own past may count. The
others are folded by whoever books them.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence

import numpy as np
from sqlalchemy import Connection

from kernel.bookkeeping.loan_days import Stands, Unfoldable
from kernel.grading.classes import Grade
from kernel.grading.losses import Stage, loss_table
from kernel.loans.columns import PLACE, Bools, Ints
from kernel.loans.outlook import STATUSES
from kernel.loans.standing import Standing, Status
from kernel.loans.state import standing_of
from kernel.projections import bulk, outlooks
from kernel.projections.loan_chunks import Chunk, by_place, open_chunk
from kernel.projections.loan_classes import by_days, with_history
from kernel.projections.loan_links import BATCH_LOANS, linked
from kernel.projections.loan_losses import LoanLosses, Measured, risk_by_fold
from kernel.projections.loan_rows import Loan, LoanRows
from kernel.reporting.loan_book import exposures_minor
from kernel.reporting.loan_losses import Risk, WholeTerm

_OWED = [PLACE["on_balance.principal_minor"], PLACE["off_balance.principal_minor"]]
_WRITTEN_OFF = STATUSES.index(Status.WRITTEN_OFF)


class Measuring:
    """What a cut at ``position`` measures for the day ``on``; ``linked`` are loans done already.

    Columns are asked for the rows up to ``top``.
    """

    def __init__(
        self,
        connection: Connection,
        rows: LoanRows,
        losses: LoanLosses,
        stands: Stands,
        position: int,
        on: datetime.date,
        top: int,
    ) -> None:
        self._connection, self._rows, self._losses = connection, rows, losses
        self._stands, self._position, self._on = stands, position, on
        self._top = top
        self._table_id = loss_table(on).table_id
        self.linked: set[str] = set()

    def link(self) -> None:
        """Measure the loans that hang together."""
        batches = list(linked(self._connection, self._rows.books, self._losses.securities.pledges))
        self.linked = {each for batch in batches for each in batch}
        known = self._known_of_linked() if batches else {}
        for batch in batches:
            found = [known[each] for each in batch if each in known]
            found += self._by_fold([each for each in batch if each not in known])
            self._losses.measure(self._connection, found, self._position, self._on)

    def chunk(self, chunk: Chunk) -> None:
        """Measure the loans that the columns know, and that stand alone."""
        alone = np.array([each not in self.linked for each in chunk.loan_ids], np.bool_)
        wanted = chunk.is_known & alone
        if wanted.any():
            read = _Read(chunk, self._on, self._plan)
            wanted &= read.needs_fold | chunk.is_secured | ~self._is_same(chunk, read)
            known, others = read.risks(wanted)
            for begin in range(0, len(known), BATCH_LOANS):
                part = known[begin : begin + BATCH_LOANS]
                self._losses.measure(self._connection, part, self._position, self._on)
            for begin in range(0, len(others), BATCH_LOANS):
                found = self._by_fold(others[begin : begin + BATCH_LOANS])
                self._losses.measure(self._connection, found, self._position, self._on)

    def allowances(self, chunk: Chunk) -> Ints:
        """The allowance of each loan of the chunk as measured last, by place in the columns."""
        made, last = np.zeros(len(chunk.columns), np.int64), self._losses.last
        for place, minor in by_place(self._connection, last, chunk.number, last.c.allowance_minor):
            if place < len(made):
                made[place] = minor
        return made

    def folded(self, loans: Sequence[tuple[Loan, Standing]]) -> None:
        """Measure loans that were folded for their books, but those that hang together."""
        rest = [each for each in loans if each[0].state.loan_id not in self.linked]
        self._losses.measure(self._connection, self._risks(rest), self._position, self._on)

    def _known_of_linked(self) -> dict[str, Measured]:
        """Of the loans that hang together, those that the columns know."""
        rows = bulk.load(self._connection, outlooks.LOANS, "loan_id", self.linked)
        found: dict[str, Measured] = {}
        for number in sorted({row.row // outlooks.CHUNK for row in rows}):
            chunk = open_chunk(
                self._connection, self._rows, self._losses, number, self._top, self._on
            )
            if chunk.is_known.any():
                mine = np.array([each in self.linked for each in chunk.loan_ids], np.bool_)
                known, _ = _Read(chunk, self._on, self._plan).risks(chunk.is_known & mine)
                found |= {each.risk.loan_id: each for each in known}
        return found

    def _by_fold(self, loan_ids: Sequence[str]) -> list[Measured]:
        loans = self._rows.load(self._connection, loan_ids)
        made = self._stands([each.state for each in loans.values()], self._on)
        folded = zip(loans.values(), made, strict=True)
        return self._risks([(x, one) for x, one in folded if not isinstance(one, Unfoldable)])

    def _risks(self, loans: Sequence[tuple[Loan, Standing]]) -> list[Measured]:
        ids = [loan.state.loan_id for loan, _ in loans]
        floors = self._losses.securities.floors_of(self._connection, ids, self._on)
        return [
            risk_by_fold(loan.state, found, floors.get(loan.state.loan_id, {}), self._on)
            for loan, found in loans
        ]

    def _plan(self, loan_id: str) -> WholeTerm:
        """What a loan plans to owe, which columns do not know."""
        [loan] = self._rows.load(self._connection, [loan_id]).values()
        found = standing_of(loan.state, self._on)
        return WholeTerm(exposures_minor(found), found.annual_rate_ppb // 1_000)

    def _is_same(self, chunk: Chunk, read: _Read) -> Bools:
        """Whether class, stage and exposure are those that were measured last, by one table."""
        same, last = np.zeros(len(chunk.columns), np.bool_), self._losses.last
        asked = (last.c.grade, last.c.stage, last.c.exposure_minor, last.c.table_id)
        for place, *was, table_id in by_place(self._connection, last, chunk.number, *asked):
            if place < len(same):
                now = [read.grades[place], read.stages[place], read.owed[place]]
                same[place] = was == now and table_id == self._table_id
        return same[read.at]


class _Read:
    """What the columns of a chunk say of class, stage and exposure; ``at`` is each loan's place."""

    def __init__(self, chunk: Chunk, on: datetime.date, plan: Callable[[str], WholeTerm]) -> None:
        columns, self._plan = chunk.columns, plan
        grades, stages = by_days(columns, on)
        past = np.zeros(len(columns), np.bool_)
        past[with_history(columns, on)] = True
        self._chunk = chunk
        self.at = np.where(chunk.places < len(columns), chunk.places, 0)
        self.needs_fold = past[self.at] | chunk.is_floored | (stages == Stage.TWO)[self.at]
        self.grades: list[int] = grades.tolist()
        self.stages: list[int] = stages.tolist()
        self.owed: list[int] = columns.amounts[:, _OWED].sum(axis=1).tolist()
        self._gone = (columns.column("status") == _WRITTEN_OFF).tolist()

    def risks(self, wanted: Bools) -> tuple[list[Measured], list[str]]:
        """Of the wanted loans: those that need no fold, and the ids of those that do."""
        by_fold = np.flatnonzero(wanted & self.needs_fold).tolist()
        known = np.flatnonzero(wanted & ~self.needs_fold).tolist()
        ids = self._chunk.loan_ids
        return [self._risk(each) for each in known], [ids[each] for each in by_fold]

    def _risk(self, number: int) -> Measured:
        chunk, place, loan_id = self._chunk, int(self.at[number]), self._chunk.loan_ids[number]
        risk = Risk(
            loan_id=loan_id,
            contract_id=chunk.contract_ids[number],
            debtor_id=chunk.debtor_ids[number],
            is_retail=not chunk.debtor_ids[number],
            grade=Grade(self.grades[place]),
            stage=Stage(self.stages[place]),
            exposure_minor=self.owed[place],
            whole_term=lambda: self._plan(loan_id),
            is_written_off=self._gone[place],
        )
        return Measured(risk)
