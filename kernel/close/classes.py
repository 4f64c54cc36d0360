"""What the cut of a day changed in classes, stages and cover of loans, as observations.

The books measured every open loan at the cut (``kernel.projections.loan_losses``), the loans of a
debtor together; here it is told, chunk by chunk.

Units: classes 1 to 5 and stages 1 to 3, 0 where nothing is owed; whole minor units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from kernel.close.tables import Cut, Observation
from kernel.collateral.margin import CoverageStatus
from kernel.eventstore.log import Log
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan
from kernel.projections import outlooks
from kernel.projections.loan_losses import Basis
from kernel.projections.models import READ_MODELS
from kernel.projections.outlooks import HISTORIES, Chunk

COVERAGE_CHANGED = "COVERAGE_CHANGED"


def observed(connection: Connection, cut: Cut, number: int) -> list[Observation]:
    """What the cut changed for the loans of a chunk, in the order of loans."""
    losses, loans = READ_MODELS.ledger.loans.losses.table, outlooks.LOANS
    first = number * outlooks.CHUNK
    rows = connection.execute(
        select(losses)
        .join(loans, loans.c.loan_id == losses.c.loan_id)
        .where(
            losses.c.position == cut.position,
            loans.c.row >= first,
            loans.c.row < first + outlooks.CHUNK,
        )
        .order_by(loans.c.row)
    )
    return [one for row in rows for one in _of_loan(row)]


def _of_loan(row: Any) -> Iterator[Observation]:
    if row.grade != row.was_grade:
        yield Observation("GRADE_CHANGED", row.loan_id, str(row.was_grade), str(row.grade))
    if row.stage != row.was_stage:
        yield Observation("STAGE_CHANGED", row.loan_id, str(row.was_stage), str(row.stage))
    if row.coverage != row.was_coverage:
        lacks = msgspec.json.decode(row.basis, type=Basis).shortfall_minor
        yield Observation(COVERAGE_CHANGED, row.loan_id, row.was_coverage, row.coverage, lacks)


def fell_short(one: Observation) -> bool:
    """Whether a contract that was covered no longer is; one that never was has no maintenance."""
    was_covered = one.before in (CoverageStatus.COVERED, CoverageStatus.WARN)
    return one.kind == COVERAGE_CHANGED and was_covered and one.after == CoverageStatus.CALL


def states_of(
    log: Log, chunk: Chunk, places: Sequence[int], upto: int
) -> Iterator[tuple[int, LoanState]]:
    """The loans at these places as known at a position."""
    for begin in range(0, len(places), HISTORIES):
        part = places[begin : begin + HISTORIES]
        histories = log.history({f"loan:{chunk.loan_ids[place]}": 0 for place in part})
        for place in part:
            state = INITIAL_LOAN
            for fact in histories[f"loan:{chunk.loan_ids[place]}"]:
                if fact.position <= upto:
                    state = evolve_loan(state, fact)
            yield place, state
