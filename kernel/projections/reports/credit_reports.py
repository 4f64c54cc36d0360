"""Reports of limits and collateral: how far limits are used, how far lending is covered.

Which limits and contracts there are is read off the loans of the ledger; how each stood is folded
from the log, as the questions about one limit or contract do it.

Units: whole minor units; ``*_bp`` basis points of the exposure or of the limit.
"""

from __future__ import annotations

import datetime

from kernel.application.books import Books
from kernel.application.past import PastStates
from kernel.application.use_cases.security import secured
from kernel.collateral.margin import coverage_bp, coverage_status
from kernel.projections.queries.loan_records import loan_ids, loan_states
from kernel.projections.reports.asking import Answer, Clocks, Parameters, Report, Sources
from kernel.reporting.table import Cell, share_bp


def _opened(sources: Sources, clocks: Clocks) -> tuple[datetime.date, int, tuple[str, ...]]:
    """The day, which must be one that the bank was open on, the position and the loans."""
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        return view.booking_day(clocks.as_of), view.known_at, loan_ids(view)


def _limit_use(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    on, known_at, ids = _opened(sources, clocks)
    limits = sorted(
        {
            limit_id
            for state, _ in loan_states(sources.log, ids, known_at)
            for limit_id in state.limit_path
        }
    )
    books = Books(PastStates(sources.log, known_at, on))
    columns = (
        "currency", "limit_id", "holder_id", "kind", "amount_minor", "used_minor", "left_minor",
        "use_bp", "valid_until", "status",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for limit_id in limits:
        state = books.limit(limit_id)
        if state.limit is None:
            continue
        limit = state.limit
        status = "CLOSED" if state.is_closed else "FROZEN" if state.freezes else "OPEN"
        rows.append(
            (limit.currency, limit_id, state.holder_id, limit.kind.value, limit.amount_minor,
             state.used_minor, state.on_path.left_minor,
             share_bp(state.used_minor, limit.amount_minor), limit.valid_until, status)
        )  # fmt: skip
    return Answer(on, known_at, (columns, rows))


def _coverage(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    on, known_at, ids = _opened(sources, clocks)
    contracts = sorted({state.contract_id for state, _ in loan_states(sources.log, ids, known_at)})
    books = Books(PastStates(sources.log, known_at, on))
    columns = (
        "currency", "contract_id", "exposure_minor", "covered_minor", "shortfall_minor",
        "spare_minor", "coverage_bp", "status", "items",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for contract_id in contracts:
        application = books.contract(contract_id).application
        if application is None:
            continue
        found = secured(contract_id, books, on)
        cover = found.allocation().loan(contract_id)
        rows.append(
            (application.currency, contract_id, cover.exposure_minor, cover.covered_minor,
             cover.shortfall_minor, cover.spare_minor, coverage_bp(cover),
             coverage_status(cover, on).value, len(found.items))
        )  # fmt: skip
    return Answer(on, known_at, (columns, rows))


REPORTS = (
    Report("limit-use", "limits of the loans: used and left", Parameters, _limit_use),
    Report("collateral-coverage", "how each contract is covered", Parameters, _coverage),
)
