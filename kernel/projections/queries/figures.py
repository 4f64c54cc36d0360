"""Where a figure of the ledger comes from: a subject's balance, its journals, a loan's part in it,
or what an account's interest has in it.

A closing balance is the opening one and the journals of the days between; each journal names its
event, rule and version. A loan's part in a cut is recomputed from the loan's entries, with the tree
of the fold behind it; an account's from its facts in the log.

Units: whole minor units. Sign: opening, closing and parts are debit minus credit; debit and credit
stand in columns of their own, negative in red.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from kernel.bookkeeping.chart import CHART, subject
from kernel.common.refusals import InvalidInput
from kernel.eventstore.log import Log
from kernel.projections.queries.deposit_figures import DepositFigure, deposit_figure
from kernel.projections.queries.ledger import trial_balance_query
from kernel.projections.queries.loan_figures import LoanFigure, loan_figure
from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import Unanswerable

MAX_JOURNALS = 1000


class FigureLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a journal on the subject; the rule and its version put it there."""

    account: str
    debit_minor: int
    credit_minor: int
    rule_id: str
    rule_version: int


class FigureJournal(msgspec.Struct, frozen=True, kw_only=True):
    """What one event posted to the subject; ``position`` finds the event in the log."""

    position: int
    event: str
    booking_date: datetime.date
    value_date: datetime.date
    kind: str
    debit_minor: int
    credit_minor: int
    lines: tuple[FigureLine, ...]


class FigureExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's balance at a branch on a day: opening + debit - credit = closing."""

    subject: str
    name_en: str
    name_zh: str
    branch_id: str
    currency: str
    from_date: datetime.date
    as_of: datetime.date
    known_at: int
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int
    journals: tuple[FigureJournal, ...]
    next_after: int | None
    loan: LoanFigure | None = None
    deposit: DepositFigure | None = None


class FigureQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which figure: a subject at a branch in a currency; of one loan or account if it is named."""

    subject: str
    branch_id: str
    currency: str = "CNY"
    from_date: datetime.date | None = None
    loan_id: str | None = None
    account_id: str | None = None


def explain_figure(
    reader: Reader,
    log: Log,
    asked: FigureQuestion,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
    *,
    after: int = 0,
    limit: int = 100,
) -> FigureExplanation:
    """The figure on the booking date ``as_of`` (None: the open one), and what made it.

    Journals are those of ``from_date`` (None: that day alone) to ``as_of`` behind position
    ``after``, ``limit`` of them. Refuses Unanswerable, LoanNotFound, AccountNotFound; raises
    InvalidInput for a subject outside the chart, LogError.
    """
    if asked.subject not in CHART:
        raise InvalidInput(("subject", f"{asked.subject!r:.40} is not in the chart of accounts"))
    with reader.at(known_at, reader.models.ledger) as view:
        last = view.booking_day(as_of)
        first = last if asked.from_date is None else view.booking_day(asked.from_date)
        if first > last:
            raise Unanswerable(
                question="A figure that ends before it begins",
                asked=first.isoformat(),
                limit=last.isoformat(),
            )
        opening, debit, credit = _sums(view, asked, first, last)
        size = max(1, min(limit, MAX_JOURNALS))
        found = _journals(view, asked, first, last, after, size + 1)
        loan, deposit = None, None
        if asked.loan_id is not None:
            loan = loan_figure(view, asked.loan_id, asked.subject, first, last)
        if asked.account_id is not None:
            deposit = deposit_figure(view, log, asked.account_id, asked.subject, first, last)
        return FigureExplanation(
            subject=asked.subject,
            name_en=subject(asked.subject).name_en,
            name_zh=subject(asked.subject).name_zh,
            branch_id=asked.branch_id,
            currency=asked.currency,
            from_date=first,
            as_of=last,
            known_at=view.known_at,
            opening_minor=opening,
            debit_minor=debit,
            credit_minor=credit,
            closing_minor=opening + debit - credit,
            journals=tuple(found[:size]),
            next_after=found[size - 1].position if len(found) > size else None,
            loan=loan,
            deposit=deposit,
        )


def _sums(
    view: View, asked: FigureQuestion, first: datetime.date, last: datetime.date
) -> tuple[int, int, int]:
    totals = trial_balance_query(view, first, last, asked.branch_id).subquery()
    row = view.connection.execute(
        select(totals).where(totals.c.subject == asked.subject, totals.c.currency == asked.currency)
    ).first()
    return (0, 0, 0) if row is None else (int(row.opening), int(row.debit), int(row.credit))


def _of(view: View, asked: FigureQuestion) -> tuple[Any, ...]:
    lines = view.models.ledger.lines.c
    return (
        lines.subject == asked.subject,
        lines.branch_id == asked.branch_id,
        lines.currency == asked.currency,
        lines.position <= view.known_at,
    )


def _journals(
    view: View,
    asked: FigureQuestion,
    first: datetime.date,
    last: datetime.date,
    after: int,
    limit: int,
) -> list[FigureJournal]:
    ledger = view.models.ledger
    lines, heads = ledger.lines.c, ledger.journals.c
    which = (*_of(view, asked), lines.booking_date.between(first, last), lines.position > after)
    page = select(lines.position).where(*which).distinct().order_by(lines.position).limit(limit)
    query = (
        select(ledger.lines, heads.event, heads.kind, heads.value_date)
        .join(ledger.journals, heads.position == lines.position)
        .where(*which, lines.position.in_(page))
        .order_by(lines.position, lines.line_no)
    )
    found: dict[int, list[Any]] = {}
    for row in view.connection.execute(query):
        found.setdefault(row.position, []).append(row)
    return [_journal(rows) for rows in found.values()]


def _journal(rows: list[Any]) -> FigureJournal:
    head = rows[0]
    return FigureJournal(
        position=head.position,
        event=head.event,
        booking_date=head.booking_date,
        value_date=head.value_date,
        kind=head.kind,
        debit_minor=sum(row.debit_minor for row in rows),
        credit_minor=sum(row.credit_minor for row in rows),
        lines=tuple(
            FigureLine(
                account=row.account,
                debit_minor=row.debit_minor,
                credit_minor=row.credit_minor,
                rule_id=row.rule_id,
                rule_version=row.rule_version,
            )
            for row in rows
        ),
    )
