"""What if, over the ledger's loans: replayed under a change, compared, and nothing kept."""

from __future__ import annotations

from kernel.projections.queries.loan_records import known_covers, loan_ids, loan_records
from kernel.projections.reports.asking import Clocks, Sources
from kernel.reporting.table import Table
from kernel.reporting.what_if import Change, what_if


def run_what_if(sources: Sources, change: Change, clocks: Clocks) -> Table:
    """Differences loan by loan and in sum.

    Refuses Unanswerable; raises InvalidInput for terms that a loan cannot have.
    """
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        on, known_at, ids = view.value_day(clocks.as_of), view.known_at, loan_ids(view)
        covers = known_covers(sources.log, view).on(on)
    columns, rows = what_if(loan_records(sources.log, ids, known_at), on, change, covers=covers)
    return Table(
        name="what-if", as_of=on, known_at=known_at, columns=tuple(columns), rows=tuple(rows)
    )
