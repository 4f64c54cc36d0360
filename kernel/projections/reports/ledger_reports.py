"""Reports of the general ledger: trial balance, balance sheet, statement, sub-ledger and control.

Units: whole minor units. Sign: opening and closing are debit less credit; a statement has the
customer's view.
"""

from __future__ import annotations

import datetime

from sqlalchemy import func, select

from kernel.bookkeeping.chart import CHART, subject
from kernel.bookkeeping.loan_days import Unfoldable
from kernel.bookkeeping.loan_days import folded as books_on
from kernel.bookkeeping.loan_subjects import LOAN_SUBJECTS, PRINCIPAL
from kernel.bookkeeping.rules import ANY_PURPOSE
from kernel.common.fields import Day, Id
from kernel.common.refusals import InvalidInput
from kernel.eventstore.log import Log
from kernel.projections.queries import ledger, statements
from kernel.projections.queries.loan_records import loan_ids, loan_states
from kernel.projections.queries.reading import View
from kernel.projections.reports.asking import Answer, Clocks, Parameters, Report, Sources
from kernel.reporting.table import Cell

GROUPS = {
    "1": "assets",
    "2": "liabilities",
    "3": "common",
    "4": "equity",
    "6": "profit and loss",
    "9": "memo",
}


class TrialBalance(Parameters, frozen=True, kw_only=True):
    """Turnover from a booking date, at one branch or all."""

    from_date: Day | None = None
    branch_id: Id | None = None


class Statement(Parameters, frozen=True, kw_only=True):
    """Days of one account, both included."""

    account_id: Id
    from_date: Day
    to_date: Day


def _trial_balance(sources: Sources, asked: TrialBalance, clocks: Clocks) -> Answer:
    found = ledger.trial_balance(
        sources.reader,
        clocks.as_of,
        clocks.known_at,
        from_date=asked.from_date,
        branch_id=asked.branch_id,
    )
    columns = ledger.TrialBalanceRow.__struct_fields__
    rows = [tuple(getattr(row, name) for name in columns) for row in found.rows]
    return Answer(found.as_of, found.known_at, (columns, rows))


def _balance_sheet(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    """Closing balances of all branches by group and subject of the first level."""
    found = ledger.trial_balance(sources.reader, clocks.as_of, clocks.known_at)
    sums: dict[tuple[str, str], int] = {}
    for row in found.rows:
        key = (row.currency, row.subject[:4])
        sums[key] = sums.get(key, 0) + row.closing_minor
    columns = ("currency", "group", "subject", "name_en", "name_zh", "closing_minor")
    rows = [
        (currency, GROUPS[code[0]], code, *_names(code), minor)
        for (currency, code), minor in sorted(sums.items())
        if minor
    ]
    return Answer(found.as_of, found.known_at, (columns, rows))


def _names(code: str) -> tuple[str, str]:
    return (subject(code).name_en, subject(code).name_zh) if code in CHART else ("", "")


def _statement(sources: Sources, asked: Statement, clocks: Clocks) -> Answer:
    if clocks.as_of is not None:
        raise InvalidInput(("as_of", "a statement answers by known_at, for from_date to to_date"))
    days = asked.account_id, asked.from_date, asked.to_date
    page = statements.statement(sources.reader, *days, clocks.known_at)
    columns = (
        "currency", "value_date", "booking_date", "position", "purpose", "counter_account",
        "text", "amount_minor", "balance_minor",
    )  # fmt: skip
    whole, known_at = page, page.known_at
    rows: list[tuple[Cell, ...]] = [_end(whole.from_date, "OPENING", whole.opening_minor, page)]
    while True:
        for line in page.lines:
            rows.append((page.currency, *(getattr(line, name) for name in columns[1:])))
        if page.next_page is None:
            break
        page = statements.statement(sources.reader, *days, known_at, after=page.next_page)
    rows.append(_end(whole.to_date, "CLOSING", whole.closing_minor, whole))
    return Answer(asked.to_date, known_at, (columns, rows))


def _end(
    day: datetime.date, name: str, balance_minor: int, found: statements.Statement
) -> tuple[Cell, ...]:
    return (found.currency, day, None, None, name, "", "", None, balance_minor)


def _control(sources: Sources, asked: Parameters, clocks: Clocks) -> Answer:
    """Each control account beside the sum of its sub-ledger; the difference must be zero.

    Deposits are summed line by line, loans are folded each by its own; both as far as they were
    booked on the day.
    """
    closing = ledger.trial_balance(sources.reader, clocks.as_of, clocks.known_at)
    on = closing.as_of
    models = sources.reader.models
    with sources.reader.at(
        closing.known_at, models.ledger, models.balances, models.statements
    ) as view:
        sums, controls = _deposits(view, on)
        ids, until = loan_ids(view), _last_booked(view, on)
        principal = {LOAN_SUBJECTS[kind] for kind in PRINCIPAL}
    for key, minor in _principal(sources.log, ids, until, on).items():
        sums[key] = sums.get(key, 0) + minor
    booked: dict[tuple[str, str, str], int] = {}
    for row in closing.rows:
        if row.subject in principal | controls:
            code = "1303" if row.subject in principal else row.subject
            key = (row.branch_id, code, row.currency)
            booked[key] = booked.get(key, 0) + row.closing_minor
    columns = (
        "currency", "branch_id", "subject", "name_en", "sub_ledger_minor", "control_minor",
        "difference_minor",
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(sums.keys() | booked.keys()):
        branch_id, code, currency = key
        below, above = sums.get(key, 0), booked.get(key, 0)
        if below or above:
            rows.append((currency, branch_id, code, _names(code)[0], below, above, below - above))
    return Answer(on, closing.known_at, (columns, rows))


def _deposits(view: View, on: datetime.date) -> tuple[dict[tuple[str, str, str], int], set[str]]:
    """Balances of customers' accounts by branch, subject and currency, and the subjects."""
    lines, accounts = view.models.statements.lines.c, view.models.balances.accounts.c
    by = (accounts.posting_class, accounts.branch_id, accounts.currency)
    query = (
        select(*by, func.sum(lines.amount_minor).label("minor"))
        .where(
            lines.account_id == accounts.account_id,
            lines.booking_date <= on,
            lines.position <= view.known_at,
        )
        .group_by(*by)
    )
    sums: dict[tuple[str, str, str], int] = {}
    for row in view.connection.execute(query):
        rule = view.models.ledger.rules.find(row.posting_class, ANY_PURPOSE, on)
        code = rule.subject if rule else row.posting_class
        key = (row.branch_id, code, row.currency)
        sums[key] = sums.get(key, 0) - int(row.minor)
    return sums, {code for _, code, _ in sums}


def _last_booked(view: View, on: datetime.date) -> int:
    """The last position that was booked on the day or before it."""
    dates = view.models.calendar.business_dates.c
    later = view.connection.scalar(
        select(func.min(dates.position)).where(dates.day > on, dates.position <= view.known_at)
    )
    return view.known_at if later is None else int(later)


def _principal(
    log: Log, ids: tuple[str, ...], until: int, on: datetime.date
) -> dict[tuple[str, str, str], int]:
    """Principal of the loans by branch and currency, without what partners lent."""
    sums: dict[tuple[str, str, str], int] = {}
    for state, _ in loan_states(log, ids, until):
        found = books_on(state, on)
        if isinstance(found, Unfoldable):
            continue
        key = (state.branch_id, "1303", state.currency)
        minor = sum(found.amounts.get(kind, 0) for kind in PRINCIPAL)
        sums[key] = sums.get(key, 0) + minor
    return sums


REPORTS = (
    Report(
        "trial-balance",
        "opening, debit, credit and closing per branch and subject",
        TrialBalance,
        _trial_balance,
    ),
    Report(
        "balance-sheet",
        "closing balances by group of subjects, as G01 begins",
        Parameters,
        _balance_sheet,
    ),
    Report("statement", "an account's opening, lines and closing", Statement, _statement),
    Report("sub-ledger", "each control account beside its sub-ledger", Parameters, _control),
)
