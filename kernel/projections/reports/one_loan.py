"""Reports of one loan (贷款卡片): its schedule, what became of each payment, its history.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec

from kernel.common.facts import Fact
from kernel.common.fields import Id
from kernel.eventstore.catalogue import EVENTS
from kernel.grading.classes import Graded
from kernel.loans.fold import standing
from kernel.loans.refusals import LoanNotFound
from kernel.loans.standing import Standing
from kernel.projections.queries.loan_records import (
    known_record,
    loan_ids,
    loan_records,
    loan_states,
    pool_of,
)
from kernel.projections.reports.asking import Answer, Clocks, Parameters, Report, Sources
from kernel.reporting.loan_book import LoanRecord, Seen, Weighing
from kernel.reporting.loan_losses import Loss
from kernel.reporting.table import Cell


class OneLoan(Parameters, frozen=True, kw_only=True):
    """Which loan."""

    loan_id: Id


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One loan as it stood, and the clocks."""

    on: datetime.date
    known_at: int
    record: LoanRecord
    stands: Standing
    facts: Sequence[Fact]


def found_loan(sources: Sources, loan_id: str, clocks: Clocks) -> Found:
    """The loan on the day. Refuses Unanswerable, LoanNotFound."""
    with sources.reader.at(clocks.known_at, sources.reader.models.ledger) as view:
        on, known_at = view.value_day(clocks.as_of), view.known_at
    for state, facts in loan_states(sources.log, [loan_id], known_at):
        record = known_record(state, facts)
        if record is not None and record.terms.start_date <= on:
            stands = standing(record.terms, record.events, on)
            return Found(on=on, known_at=known_at, record=record, stands=stands, facts=facts)
    raise LoanNotFound(loan_id=loan_id)


def graded_loan(sources: Sources, loan_id: str, clocks: Clocks) -> tuple[Found, Seen, Graded, Loss]:
    """The loan with its class, which the debtor's other loans can lower, and what it may lose.

    Refuses Unanswerable, LoanNotFound.
    """
    found = found_loan(sources, loan_id, clocks)
    with sources.reader.at(found.known_at, sources.reader.models.ledger) as view:
        pool = pool_of(sources.log, view, [loan_id])
        ids = {*loan_ids(view, found.record.debtor_id), *pool.loan_ids}
    weighing: Weighing[None] = Weighing(found.on)
    for record in loan_records(sources.log, sorted(ids), found.known_at):
        weighing.add(record)
    graded = {one.loan_id: one for _, one in weighing.graded()}
    losses = weighing.losses(pool.covers.on(found.on))
    [(seen, loss)] = [one for one in losses if one[1].loan_id == loan_id]
    return found, seen, graded[loan_id], loss


def _schedule(sources: Sources, asked: OneLoan, clocks: Clocks) -> Answer:
    found = found_loan(sources, asked.loan_id, clocks)
    columns = (
        "number", "due_date", "is_due", "principal_minor", "interest_minor", "fee_minor",
        "penalty_minor", "compound_minor", "total_minor", "paid_minor", "outstanding_minor",
        "balance_minor",
    )  # fmt: skip
    rows = [
        (found.record.terms.currency, *(getattr(line, name) for name in columns))
        for line in found.stands.instalments
    ]
    return Answer(found.on, found.known_at, (("currency", *columns), rows))


def _allocations(sources: Sources, asked: OneLoan, clocks: Clocks) -> Answer:
    found = found_loan(sources, asked.loan_id, clocks)
    columns = ("value_date", "kind", "applied_on", "instalment", "purpose", "amount_minor", "note")
    rows = [
        (found.record.terms.currency, *(getattr(each, name) for name in columns))
        for each in found.stands.allocations
    ]
    return Answer(found.on, found.known_at, (("currency", *columns), rows))


def _history(sources: Sources, asked: OneLoan, clocks: Clocks) -> Answer:
    found = found_loan(sources, asked.loan_id, clocks)
    columns = ("position", "booking_date", "value_date", "principal", "event", "content")
    rows: list[tuple[Cell, ...]] = []
    for fact in found.facts:
        if fact.value_date <= found.on:
            name, data = EVENTS.encode(fact.event)
            dates = (fact.booking_date, fact.value_date)
            rows.append((fact.position, *dates, fact.principal, name, data.decode()))
    return Answer(found.on, found.known_at, (columns, rows))


REPORTS = (
    Report("loan-schedule", "a loan's instalments: due, paid, open", OneLoan, _schedule),
    Report("loan-allocations", "what became of each payment of a loan", OneLoan, _allocations),
    Report("loan-history", "every event of a loan", OneLoan, _history),
)
