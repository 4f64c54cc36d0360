"""Reports of limits and collateral: how far limits are used, how far lending is covered.

Which limits and contracts there are says the read model of the ledger; how each stood is folded
from the log by the functions that decide on draws, some thousand histories in one look.

Units: whole minor units; ``*_bp`` basis points of the exposure or of the limit.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import JSONB

from kernel.application.books import Books
from kernel.application.folds import COLLATERAL, CONTRACT, LIMIT, SECURITY
from kernel.application.past import PastStates
from kernel.application.use_cases.security import exposure, index_value
from kernel.collateral.coverage import LoanCover
from kernel.collateral.lending_value import pool_item, pool_pledges
from kernel.collateral.margin import coverage_bp, coverage_status
from kernel.collateral.state import ItemState
from kernel.collateral.sweep import covers
from kernel.loans.contract_state import ContractState
from kernel.projections.queries.commitments import commitments_on, limit_ids
from kernel.projections.queries.reading import View
from kernel.projections.reports.asking import Answer, Clocks, Parameters, Report, Sources
from kernel.reporting.table import Cell, share_bp


def _contract_ids(view: View) -> list[str]:
    """Every contract that a loan was drawn under, now or then."""
    header = cast(view.models.ledger.loans.books.c.header, JSONB)
    named = select(header["contract_id"].astext.label("contract_id")).distinct().subquery()
    return list(view.connection.scalars(select(named.c.contract_id).order_by(named.c.contract_id)))


def _limit_use(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        on, known_at, ids = view.booking_day(clocks.as_of), view.known_at, limit_ids(view)
    past = PastStates(sources.log, known_at, on)
    past.load(ids, LIMIT)
    columns = (
        "currency", "limit_id", "holder_id", "kind", "amount_minor", "used_minor", "left_minor",
        "use_bp", "valid_until", "status",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for limit_id in ids:
        state = past.get(LIMIT, limit_id)
        limit = state.limit
        if limit is None or state.is_closed:
            continue  # not opened yet, or closed by then
        status = "FROZEN" if state.freezes else "OPEN"
        rows.append(
            (limit.currency, limit_id, state.holder_id, limit.kind.value, limit.amount_minor,
             state.used_minor, state.on_path.left_minor,
             share_bp(state.used_minor, limit.amount_minor), limit.valid_until, status)
        )  # fmt: skip
    return Answer(on, known_at, (columns, rows))


def _coverage(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        on, known_at, ids = view.booking_day(clocks.as_of), view.known_at, _contract_ids(view)
    past = PastStates(sources.log, known_at, on)
    found = _covered(past, ids, on)
    columns = (
        "currency", "contract_id", "exposure_minor", "covered_minor", "shortfall_minor",
        "spare_minor", "coverage_bp", "status", "items",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for contract_id in ids:
        contract = past.get(CONTRACT, contract_id)
        if contract.application is None or not contract.loan_ids:
            continue  # taken over with its loan, or nothing was lent under it then
        cover = found[contract_id]
        items = {item_id for item_id, _ in past.get(SECURITY, contract_id).pledged}
        rows.append(
            (contract.application.currency, contract_id, cover.exposure_minor, cover.covered_minor,
             cover.shortfall_minor, cover.spare_minor, coverage_bp(cover),
             coverage_status(cover, on).value, len(items))
        )  # fmt: skip
    return Answer(on, known_at, (columns, rows))


def _undrawn(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    """One row a contract: its provision, and what that follows from; together they are 2801."""
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        on, known_at = view.booking_day(clocks.as_of), view.known_at
        found = [row for row in commitments_on(view, on) if row.undrawn_minor]
    columns = (
        "currency", "contract_id", "branch_id", "product_id", "undrawn_minor", "factor_bp",
        "exposure_minor", "grade", "stage", "years", "provision_minor", "table_id", "day",
    )  # fmt: skip
    rows = [tuple(getattr(row, name) for name in columns) for row in found]
    return Answer(on, known_at, (columns, rows))


def _covered(
    past: PastStates, contract_ids: Sequence[str], on: datetime.date
) -> dict[str, LoanCover]:
    """Cover of the contracts, with all that hangs together with them by pledges."""
    contracts, items = dict[str, ContractState](), dict[str, ItemState]()
    more = list(contract_ids)
    while more:
        past.load(more, CONTRACT, SECURITY)
        contracts |= {one: past.get(CONTRACT, one) for one in more}
        pledged = dict.fromkeys(item for one in more for item, _ in past.get(SECURITY, one).pledged)
        met = [item_id for item_id in pledged if item_id not in items]
        past.load(met, COLLATERAL)
        items |= {item_id: past.get(COLLATERAL, item_id) for item_id in met}
        secured = dict.fromkeys(held.contract_id for one in met for held in items[one].pledges)
        more = [one for one in secured if one not in contracts]
    books = Books(past)
    return covers(
        [pool_item(one, index_value(one, books, on), on) for one in items.values()],
        pool_pledges(items.values()),
        [exposure(contract_id, state) for contract_id, state in contracts.items()],
    )


REPORTS = (
    Report("limit-use", "limits that are open: used and left", Parameters, _limit_use),
    Report(
        "commitment-losses", "what undrawn commitments may lose, as measured", Parameters, _undrawn
    ),
    Report("collateral-coverage", "how each contract is covered", Parameters, _coverage),
)
