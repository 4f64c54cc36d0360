"""Questions about the general ledger: trial balance and journals, by booking date.

Units: whole minor units of the line's currency.
Sign: opening and closing are debit minus credit; debit and credit stand in columns of their own and
hold red entries as negative amounts.
Source: double entry; each column of a trial balance sums to zero or to the same figure on both
sides, per currency and branch.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, case, func, literal, select, union_all

from kernel.bookkeeping.chart import subject
from kernel.projections.queries.reading import Reader, View
from kernel.projections.refusals import JournalNotFound, Unanswerable

MAX_JOURNALS = 1000


class TrialBalanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One subject of one branch in one currency: opening + debit - credit = closing."""

    currency: str
    branch_id: str
    subject: str
    name_en: str
    name_zh: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


class TrialBalance(msgspec.Struct, frozen=True, kw_only=True):
    """The trial balance of the booking dates ``from_date`` to ``as_of``, both included."""

    from_date: datetime.date
    as_of: datetime.date
    known_at: int
    rows: tuple[TrialBalanceRow, ...]


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a journal; ``rule_id`` and ``rule_version`` say why it stands there."""

    line_no: int
    subject: str
    branch_id: str
    currency: str
    debit_minor: int
    credit_minor: int
    account: str
    rule_id: str
    rule_version: int


class LedgerJournal(msgspec.Struct, frozen=True, kw_only=True):
    """The journal of the fact at ``position``; ``alarm`` names what had no posting rule."""

    position: int
    booking_date: datetime.date
    value_date: datetime.date
    kind: str
    event: str
    alarm: str
    lines: tuple[LedgerLine, ...]


class JournalPage(msgspec.Struct, frozen=True, kw_only=True):
    """Journals by position; ``next_after`` is the cursor of the next page, None on the last."""

    known_at: int
    journals: tuple[LedgerJournal, ...]
    next_after: int | None


def trial_balance(
    reader: Reader,
    as_of: datetime.date | None = None,
    known_at: int | None = None,
    *,
    from_date: datetime.date | None = None,
    branch_id: str | None = None,
) -> TrialBalance:
    """Opening, debit, credit and closing per currency, branch and subject.

    ``as_of`` is a booking date (None: the open business date); turnover is that of ``from_date`` to
    ``as_of`` (None: that day alone). One branch or all. Refuses Unanswerable.
    """
    with reader.at(known_at, reader.models.ledger) as view:
        last = view.booking_day(as_of)
        first = last if from_date is None else view.booking_day(from_date)
        if first > last:
            raise Unanswerable(
                question="A trial balance that ends before it begins",
                asked=first.isoformat(),
                limit=last.isoformat(),
            )
        query = trial_balance_query(view, first, last, branch_id)
        rows = tuple(_trial_balance_row(row) for row in view.connection.execute(query))
        return TrialBalance(from_date=first, as_of=last, known_at=view.known_at, rows=rows)


def trial_balance_query(
    view: View, first: datetime.date, last: datetime.date, branch_id: str | None
) -> Select[Any]:
    """Totals of the days, taken from the near end, without what was not known yet.

    opening = running totals - days from ``first`` on - lines not known that were booked before;
    so a question about a recent day reads few rows, however old the ledger is.
    """
    model = view.models.ledger
    running, daily, lines = model.ledger_totals.c, model.daily_totals.c, model.lines.c
    parts = [
        select(
            running.currency.label("currency"),
            running.branch_id.label("branch_id"),
            running.subject.label("subject"),
            (running.debit_minor - running.credit_minor).label("opening"),
            literal(0).label("debit"),
            literal(0).label("credit"),
        )
    ]
    within = daily.booking_date <= last
    parts.append(
        select(
            daily.currency,
            daily.branch_id,
            daily.subject,
            daily.credit_minor - daily.debit_minor,
            case((within, daily.debit_minor), else_=0),
            case((within, daily.credit_minor), else_=0),
        ).where(daily.booking_date >= first)
    )
    if not view.is_latest:
        before = lines.booking_date < first
        parts.append(
            select(
                lines.currency,
                lines.branch_id,
                lines.subject,
                case((before, lines.credit_minor - lines.debit_minor), else_=0),
                case((before, 0), else_=-lines.debit_minor),
                case((before, 0), else_=-lines.credit_minor),
            ).where(lines.position > view.known_at, lines.booking_date <= last)
        )
    every = union_all(*parts).subquery("every")
    by = (every.c.currency, every.c.branch_id, every.c.subject)
    sums = {name: func.sum(every.c[name]) for name in ("opening", "debit", "credit")}
    query = (
        select(*by, *(total.label(name) for name, total in sums.items()))
        .group_by(*by)
        .having((sums["opening"] != 0) | (sums["debit"] != 0) | (sums["credit"] != 0))
        .order_by(*by)
    )
    return query if branch_id is None else query.where(every.c.branch_id == branch_id)


def _trial_balance_row(row: Any) -> TrialBalanceRow:
    opening, debit, credit = int(row.opening), int(row.debit), int(row.credit)
    named = subject(row.subject)
    return TrialBalanceRow(
        currency=row.currency,
        branch_id=row.branch_id,
        subject=row.subject,
        name_en=named.name_en,
        name_zh=named.name_zh,
        opening_minor=opening,
        debit_minor=debit,
        credit_minor=credit,
        closing_minor=opening + debit - credit,
    )


def journals(
    reader: Reader,
    after: int = 0,
    limit: int = 100,
    known_at: int | None = None,
    *,
    booking_date: datetime.date | None = None,
    subject_code: str | None = None,
    branch_id: str | None = None,
) -> JournalPage:
    """Journals behind position ``after``, ``limit`` of them at most (1..1000), with their lines.

    The filters keep journals booked on the day, or with a line of the subject or branch. Refuses
    Unanswerable.
    """
    with reader.at(known_at, reader.models.ledger) as view:
        if booking_date is not None:
            view.booking_day(booking_date)
        heads, lines = view.models.ledger.journals, view.models.ledger.lines
        query = select(heads).where(heads.c.position > after, heads.c.position <= view.known_at)
        if booking_date is not None:
            query = query.where(heads.c.booking_date == booking_date)
        if subject_code is not None or branch_id is not None:
            with_line = select(lines.c.position)
            if subject_code is not None:
                with_line = with_line.where(lines.c.subject == subject_code)
            if branch_id is not None:
                with_line = with_line.where(lines.c.branch_id == branch_id)
            query = query.where(heads.c.position.in_(with_line))
        size = max(1, min(limit, MAX_JOURNALS))
        rows = view.connection.execute(query.order_by(heads.c.position).limit(size + 1)).all()
        page = _with_lines(view, rows[:size])
        next_after = page[-1].position if len(rows) > size else None
        return JournalPage(known_at=view.known_at, journals=page, next_after=next_after)


def journal_at(reader: Reader, position: int, known_at: int | None = None) -> LedgerJournal:
    """The journal of the fact at the position. Refuses Unanswerable, JournalNotFound."""
    with reader.at(known_at, reader.models.ledger) as view:
        heads = view.models.ledger.journals
        rows = view.connection.execute(
            select(heads).where(heads.c.position == position, heads.c.position <= view.known_at)
        ).all()
        if not rows:
            raise JournalNotFound(position=position, known_at=view.known_at)
        return _with_lines(view, rows)[0]


def _with_lines(view: View, heads: Sequence[Any]) -> tuple[LedgerJournal, ...]:
    lines = view.models.ledger.lines
    query = (
        select(lines)
        .where(lines.c.position.in_([head.position for head in heads]))
        .order_by(lines.c.position, lines.c.line_no)
    )
    by_position: dict[int, list[LedgerLine]] = {}
    for row in view.connection.execute(query):
        by_position.setdefault(row.position, []).append(
            LedgerLine(
                line_no=row.line_no,
                subject=row.subject,
                branch_id=row.branch_id,
                currency=row.currency,
                debit_minor=row.debit_minor,
                credit_minor=row.credit_minor,
                account=row.account,
                rule_id=row.rule_id,
                rule_version=row.rule_version,
            )
        )
    return tuple(
        LedgerJournal(
            position=head.position,
            booking_date=head.booking_date,
            value_date=head.value_date,
            kind=head.kind,
            event=head.event,
            alarm=head.alarm,
            lines=tuple(by_position.get(head.position, ())),
        )
        for head in heads
    )
