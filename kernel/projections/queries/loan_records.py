"""The loans of the ledger as reports take them: by what was known at a position, from the log.

Which loans there are says the read model of the ledger; what happened to each says the log, some
hundred loans at a time, so that memory holds one page of histories whatever the size of the book.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import cast, select
from sqlalchemy.dialects.postgresql import JSONB

from kernel.application.cycles import Cycles
from kernel.common.facts import Fact
from kernel.eventstore.log import Log
from kernel.grading import state as grading
from kernel.loans.dated import Disbursement, Import
from kernel.loans.repricing import Cycle
from kernel.loans.state import INITIAL_LOAN, LoanState, evolve_loan
from kernel.projections import bulk
from kernel.projections.queries.loan_covers import KnownCovers
from kernel.projections.queries.reading import View
from kernel.reporting.loan_book import LoanRecord, record_of

LOANS_AT_ONCE = 500


def loan_ids(view: View, debtor_id: str | None = None) -> tuple[str, ...]:
    """Every loan of the ledger, or those of one debtor, by id.

    Loans that came after ``known_at`` are among them; ``loan_records`` leaves those out.
    """
    books = view.models.ledger.loans.books.c
    query = select(books.loan_id).order_by(books.loan_id)
    if debtor_id is not None:
        query = query.where(cast(books.header, JSONB)["customer_ids"][0].astext == debtor_id)
    return tuple(view.connection.scalars(query))


class Pool(NamedTuple):
    """Loans, and all that share collateral with them: ids, and what covers their contracts."""

    loan_ids: tuple[str, ...]
    covers: KnownCovers


def pool_of(log: Log, view: View, ids: Iterable[str]) -> Pool:
    """What has to be looked at to know how these loans are covered."""
    books, connection = view.models.ledger.loans.books, view.connection
    securities = view.models.ledger.loans.losses.securities
    own = bulk.load(connection, books, "loan_id", ids)
    contract_ids = securities.pool_of(connection, (row.contract_id for row in own))
    loans = bulk.load(connection, books, "contract_id", contract_ids)
    pledged = securities.pledged_for(connection, contract_ids)
    covers = KnownCovers(log, pledged, view.known_at)
    return Pool(tuple(sorted(row.loan_id for row in loans)), covers)


def known_covers(log: Log, view: View) -> KnownCovers:
    """What pledges cover, as known to the view."""
    pledged = view.models.ledger.loans.losses.securities.pledged(view.connection)
    return KnownCovers(log, pledged, view.known_at)


def loan_states(
    log: Log, ids: Sequence[str], known_at: int
) -> Iterator[tuple[LoanState, list[Fact]]]:
    """The loans among the ids that were known, with their facts. Raises LogUnavailable."""
    for begin in range(0, len(ids), LOANS_AT_ONCE):
        page = ids[begin : begin + LOANS_AT_ONCE]
        histories = log.history({f"loan:{loan_id}": 0 for loan_id in page})
        for loan_id in page:
            state, known = INITIAL_LOAN, list[Fact]()
            for fact in histories[f"loan:{loan_id}"]:
                if fact.position <= known_at:
                    known.append(fact)
                    state = evolve_loan(state, fact)
            if state.exists:
                yield state, known


def loan_records(log: Log, ids: Sequence[str], known_at: int) -> Iterator[LoanRecord]:
    """The loans among the ids that were lent by what was known. Raises LogUnavailable."""
    cycles = Cycles(log, known_at)
    for state, facts in loan_states(log, ids, known_at):
        record = known_record(state, facts, cycles.of(state))
        if record is not None:
            yield record


def known_record(
    state: LoanState, facts: Sequence[Fact], cycle: Cycle | None = None
) -> LoanRecord | None:
    """The loan as reports take it; None while nothing was lent, or no more."""
    if not any(isinstance(each.event, Disbursement | Import) for each in state.counted):
        return None
    floors = grading.INITIAL
    for fact in facts:
        floors = grading.evolve(floors, fact)
    return record_of(state, floors.floors, cycle)
