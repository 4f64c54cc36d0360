"""Does it add up? Checks of the books, small ones behind each batch and whole ones for an audit.

Units: whole minor units. Sign: debit minus credit in the ledger; a control account's balance and a
sub-ledger's are in the customer's view (credit minus debit).

``journal-balanced``: debits = credits per journal and currency. ``trial-balance-zero``: debits =
credits per booking date, branch and currency. ``sub-ledger-control``: the customers' balances, and
the amounts of loans per amount type, = their control account, per branch and currency.
``loan-settlement-zero``: the settlement account of loans is cleared. ``loan-parked``: a loan cannot
be folded. ``posting-rule-missing``: a leg stands on suspense.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from sqlalchemy import Connection, Select, func, select

from kernel.bookkeeping.chart import CHART
from kernel.bookkeeping.deposit_interest import AGREEMENT_CLASS, INTEREST_CLASS, Side
from kernel.bookkeeping.loan_subjects import LOAN_SUBJECTS, AmountType
from kernel.bookkeeping.rules import ANY_PURPOSE
from kernel.projections.balances import Balances
from kernel.projections.ledger import Ledger
from kernel.projections.positions import Difference
from kernel.projections.statements import Statements

JOURNAL_BALANCED = "journal-balanced"
TRIAL_BALANCE_ZERO = "trial-balance-zero"
SUB_LEDGER_CONTROL = "sub-ledger-control"
LOAN_SETTLEMENT_ZERO = "loan-settlement-zero"
LOAN_PARKED = "loan-parked"
RULE_MISSING = "posting-rule-missing"
TOTALS = "totals"


def unbalanced_journals(
    connection: Connection, ledger: Ledger, *, after: int = 0, upto: int | None = None
) -> list[Difference]:
    """Journals whose debits are not their credits, among positions ``after < p <= upto``."""
    lines = ledger.lines.c
    debit, credit = func.sum(lines.debit_minor), func.sum(lines.credit_minor)
    query = (
        select(lines.position, lines.currency, debit.label("debit"), credit.label("credit"))
        .where(lines.position > after)
        .group_by(lines.position, lines.currency)
        .having(debit != credit)
        .order_by(lines.position, lines.currency)
    )
    if upto is not None:
        query = query.where(lines.position <= upto)
    return [
        Difference(
            JOURNAL_BALANCED,
            f"{row.position} {row.currency}",
            f"debit_minor={row.debit} credit_minor={row.credit}",
        )
        for row in connection.execute(query)
    ]


def trial_balance_off(
    connection: Connection, ledger: Ledger, days: Iterable[datetime.date] | None = None
) -> list[Difference]:
    """Booking dates and branches whose totals do not balance; all days when none are given."""
    daily = ledger.daily_totals.c
    debit, credit = func.sum(daily.debit_minor), func.sum(daily.credit_minor)
    by = (daily.booking_date, daily.branch_id, daily.currency)
    query = (
        select(*by, debit.label("debit"), credit.label("credit"))
        .group_by(*by)
        .having(debit != credit)
        .order_by(*by)
    )
    if days is not None:
        query = query.where(daily.booking_date.in_(sorted(set(days))))
    return [
        Difference(
            TRIAL_BALANCE_ZERO,
            f"{row.booking_date} branch {row.branch_id} {row.currency}",
            f"debit_minor={row.debit} credit_minor={row.credit}",
        )
        for row in connection.execute(query)
    ]


def sub_ledger_off(
    connection: Connection, balances: Balances, ledger: Ledger, on: datetime.date
) -> list[Difference]:
    """Control accounts that are not the sum of their sub-ledger, by the rules in force ``on``.

    Both models must stand at the same position. Cost: one row per branch, class and currency.
    """
    sub_ledger: dict[tuple[str, str, str], int] = {}
    for row in connection.execute(select(balances.totals)):
        rule = ledger.rules.find(row.posting_class, ANY_PURPOSE, on)
        key = (rule.subject if rule else row.posting_class, row.branch_id, row.currency)
        sub_ledger[key] = sub_ledger.get(key, 0) + row.ledger_minor
    for row in connection.execute(select(ledger.loans.totals)):
        rule = ledger.rules.find(row.posting_class, row.amount_type, on)
        if rule is not None and CHART[rule.subject].is_control:
            key = (rule.subject, row.branch_id, row.currency)
            sub_ledger[key] = sub_ledger.get(key, 0) - row.amount_minor
    for row in connection.execute(select(ledger.deposits.totals)):
        rule = ledger.rules.find(INTEREST_CLASS, Side.PAYABLE, on)
        key = (rule.subject if rule else INTEREST_CLASS, row.branch_id, row.currency)
        minor = row.accrued_minor - row.settled_minor
        sub_ledger[key] = sub_ledger.get(key, 0) + minor
        for posting_class, minor in (
            (row.posting_class, -row.agreed_minor),
            (AGREEMENT_CLASS, row.agreed_minor),
        ):
            rule = ledger.rules.find(posting_class, AGREEMENT_CLASS, on)
            key = (rule.subject if rule else posting_class, row.branch_id, row.currency)
            sub_ledger[key] = sub_ledger.get(key, 0) + minor
    controls = [subject.code for subject in CHART.values() if subject.is_control]
    totals = ledger.ledger_totals
    control = {
        (row.subject, row.branch_id, row.currency): row.credit_minor - row.debit_minor
        for row in connection.execute(select(totals).where(totals.c.subject.in_(controls)))
    }
    return [
        Difference(
            SUB_LEDGER_CONTROL,
            " ".join(key),
            f"sub_ledger_minor={sub_ledger.get(key, 0)} control_minor={control.get(key, 0)}",
        )
        for key in sorted(sub_ledger.keys() | control.keys())
        if sub_ledger.get(key, 0) != control.get(key, 0)
    ]


def loan_settlement_off(connection: Connection, ledger: Ledger) -> list[Difference]:
    """Branches whose settlement account of loans does not stand at zero."""
    totals, settlement = ledger.ledger_totals.c, LOAN_SUBJECTS[AmountType.SETTLEMENT]
    query = (
        select(ledger.ledger_totals)
        .where(totals.subject == settlement, totals.debit_minor != totals.credit_minor)
        .order_by(totals.branch_id, totals.currency)
    )
    return [
        Difference(
            LOAN_SETTLEMENT_ZERO,
            f"{settlement} {row.branch_id} {row.currency}",
            f"debit_minor={row.debit_minor} credit_minor={row.credit_minor}",
        )
        for row in connection.execute(query)
    ]


def deposit_interest_off(connection: Connection, ledger: Ledger) -> list[Difference]:
    """Places whose accounts earned by the last cut, were paid, or hold by agreement, another sum
    than was posted."""
    books = ledger.deposits
    earned, rows = books.earned(connection), books.accounts.c
    by = (rows.posting_class, rows.branch_id, rows.currency)
    paid, agreed = func.sum(rows.settled_minor), func.sum(rows.agreed_minor)
    summed = {
        (row.posting_class, row.branch_id, row.currency): (int(row.paid), int(row.agreed))
        for row in connection.execute(
            select(*by, paid.label("paid"), agreed.label("agreed")).group_by(*by)
        )
    }
    posted = {
        (row.posting_class, row.branch_id, row.currency): (
            row.accrued_minor,
            row.settled_minor,
            row.agreed_minor,
        )
        for row in connection.execute(select(books.totals))
    }
    found = []
    for key in sorted(earned.keys() | summed.keys() | posted.keys()):
        accounts = (earned.get(key, 0), *summed.get(key, (0, 0)))
        stored = posted.get(key, (0, 0, 0))
        if accounts != stored:
            where = f"interest of {' '.join(key)}"
            found.append(Difference(TOTALS, where, f"accounts {accounts} posted {stored}"))
    return found


def loans_parked(connection: Connection, ledger: Ledger) -> list[Difference]:
    """Loans that could not be folded when they were last tried."""
    books = ledger.loans.books.c
    query = select(books.loan_id, books.error).where(books.error != "")
    return [
        Difference(LOAN_PARKED, row.loan_id, row.error)
        for row in connection.execute(query.order_by(books.loan_id))
    ]


def rules_missing(
    connection: Connection, ledger: Ledger, *, after: int = 0, upto: int | None = None
) -> list[Difference]:
    """Journals with a line on suspense because no posting rule was in force."""
    journals = ledger.journals.c
    query = (
        select(journals.position, journals.alarm)
        .where(journals.alarm != "", journals.position > after)
        .order_by(journals.position)
    )
    if upto is not None:
        query = query.where(journals.position <= upto)
    return [
        Difference(RULE_MISSING, str(row.position), row.alarm) for row in connection.execute(query)
    ]


def totals_off(
    connection: Connection, balances: Balances, statements: Statements, ledger: Ledger
) -> list[Difference]:
    """Stored sums that are not the sum of their parts; the models must stand at one position."""
    lines, daily, running = ledger.lines, ledger.daily_totals, ledger.ledger_totals
    loans, per_type = ledger.loans, ("posting_class", "branch_id", "currency", "amount_type")
    of_loans = (
        select(loans.books, loans.amounts.c.amount_type, loans.amounts.c.amount_minor)
        .join(loans.amounts, loans.books.c.loan_id == loans.amounts.c.loan_id)
        .subquery()
    )
    pairs: list[tuple[str, Select[tuple[object, ...]], Select[tuple[object, ...]]]] = [
        (
            "daily totals of the ledger",
            _sums(lines, ("booking_date", "branch_id", "subject", "currency"), _SIDES),
            _sums(daily, ("booking_date", "branch_id", "subject", "currency"), _SIDES),
        ),
        (
            "running totals of the ledger",
            _sums(daily, ("branch_id", "subject", "currency"), _SIDES),
            _sums(running, ("branch_id", "subject", "currency"), _SIDES),
        ),
        (
            "balances of accounts",
            _sums(statements.lines, ("account_id", "currency"), ("amount_minor",)),
            _sums(balances.accounts, ("account_id", "currency"), ("ledger_minor",)),
        ),
        (
            "totals of the sub-ledger",
            _sums(balances.accounts, ("posting_class", "branch_id", "currency"), ("ledger_minor",)),
            _sums(balances.totals, ("posting_class", "branch_id", "currency"), ("ledger_minor",)),
        ),
        (
            "totals of the amounts of loans",
            _sums(of_loans, per_type, ("amount_minor",)),
            _sums(loans.totals, per_type, ("amount_minor",)),
        ),
    ]
    found: list[Difference] = []
    for what, parts, stored in pairs:
        for row in connection.execute(parts.except_all(stored)):
            found.append(Difference(TOTALS, what, f"computed {_shown(row)}"))
        for row in connection.execute(stored.except_all(parts)):
            found.append(Difference(TOTALS, what, f"stored {_shown(row)}"))
    return found


def audit(
    connection: Connection,
    balances: Balances,
    statements: Statements,
    ledger: Ledger,
    on: datetime.date,
) -> list[Difference]:
    """Every check over everything; empty when the books add up. All models at one position."""
    return [
        *unbalanced_journals(connection, ledger),
        *trial_balance_off(connection, ledger),
        *sub_ledger_off(connection, balances, ledger, on),
        *loan_settlement_off(connection, ledger),
        *loans_parked(connection, ledger),
        *rules_missing(connection, ledger),
        *deposit_interest_off(connection, ledger),
        *totals_off(connection, balances, statements, ledger),
    ]


_SIDES = ("debit_minor", "credit_minor")


def _sums(
    table: object, keys: tuple[str, ...], sums: tuple[str, ...]
) -> Select[tuple[object, ...]]:
    """The table's sums per key, without keys whose sums are all zero."""
    columns = table.c  # type: ignore[attr-defined]
    totals = [func.sum(columns[name]) for name in sums]
    by = [columns[name] for name in keys]
    any_left = totals[0] != 0
    for total in totals[1:]:
        any_left = any_left | (total != 0)
    return select(*by, *totals).group_by(*by).having(any_left)


def _shown(row: object) -> str:
    return " ".join(str(value) for value in row)  # type: ignore[attr-defined]
