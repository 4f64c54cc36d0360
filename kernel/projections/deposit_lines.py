"""The lines of all accounts at once, part of the books of deposits' interest: bent, and added up.

An account's line (``kernel.deposits.accrual_lines``) says what it has earned by day. Money that
counts from the day that ends bends it, in one statement for all accounts; what else happens to an
account ends its line, and the cut draws a new one through a fold of the account's movements.

Units: whole minor units of the account's currency. Sign: the customer's view.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Connection, Date, Integer, Text, bindparam, select
from sqlalchemy import text as sql

from kernel.bookkeeping.loan_journal import Place
from kernel.common.day_count import last_of_year_before
from kernel.deposits.accrual_lines import Basis, Sort, quarter_end, weight
from kernel.deposits.interest import DAY, Move
from kernel.deposits.rates import RatesState
from kernel.projections.deposit_rows import ENDED, DepositRows


def bend(
    connection: Connection,
    rows: DepositRows,
    after: int,
    upto: int,
    on: datetime.date,
    listed: Mapping[str, RatesState],
) -> dict[str, list[Move]]:
    """Take in the money that was booked behind a position, up to another one.

    Money that counts from the day ``on`` bends the line of its account; other money ends it. What
    of it counts from closed years comes back, by account.
    """
    names = {
        "after": after, "upto": upto, "on": on, "quarter": quarter_end(on) + DAY,
        "closed": last_of_year_before(on),
    }  # fmt: skip
    weights = _weights(connection, rows, on, listed)
    late: dict[str, list[Move]] = {}
    for row in connection.execute(_weighted(_BEND.format(**rows.names)), {**names, **weights}):
        late.setdefault(row.account_id, []).append((row.value_date, int(row.minor)))
    return late


def accrued(
    connection: Connection, rows: DepositRows, on: datetime.date, listed: Mapping[str, RatesState]
) -> dict[Place, int]:
    """All interest earned to the end of the day, settled or not, by place.

    Expects lines that hold on the day.
    """
    weights = _weights(connection, rows, on + DAY, listed)
    found = connection.execute(_weighted(_ACCRUED.format(**rows.names)), weights)
    return {Place(row.branch_id, row.posting_class, row.currency): int(row.minor) for row in found}


def _weights(
    connection: Connection, rows: DepositRows, end: datetime.date, listed: Mapping[str, RatesState]
) -> dict[str, list[Any]]:
    """W and M of every sort of earning that an account has, as columns."""
    c = rows.accounts.c
    sorts = [
        Sort(Basis(row.basis), row.currency, row.rate_ppm, row.notice_days, row.from_date)
        for row in connection.execute(
            select(c.basis, c.currency, c.rate_ppm, c.notice_days, c.from_date).distinct()
        )
    ]
    found = [weight(each, end, listed.get(each.currency, RatesState())) for each in sorts]
    return {
        "bases": [each.basis.value for each in sorts],
        "currencies": [each.currency for each in sorts],
        "rates": [each.rate_ppm for each in sorts],
        "notices": [each.notice_days for each in sorts],
        "since": [each.from_date for each in sorts],
        "many": [many for many, _ in found],
        "each": [each for _, each in found],
    }


def _weighted(statement: str) -> Any:
    kinds: dict[str, Any] = {
        "bases": Text, "currencies": Text, "rates": BigInteger, "notices": Integer, "since": Date,
        "many": BigInteger, "each": BigInteger,
    }  # fmt: skip
    arrays: list[Any] = [bindparam(name, type_=ARRAY(kind)) for name, kind in kinds.items()]
    return sql(statement).bindparams(*arrays)


_WEIGHTS = """
    weights AS (
        SELECT * FROM unnest(:bases, :currencies, :rates, :notices, :since, :many, :each)
            AS w (basis, currency, rate_ppm, notice_days, from_date, many, each))"""
_IS_OF_SORT = """
    (a.basis, a.currency, a.rate_ppm, a.notice_days, a.from_date)
        = (w.basis, w.currency, w.rate_ppm, w.notice_days, w.from_date)"""
_EARNING = "(greatest({0}, 0) / a.unit_minor * a.unit_minor)"
_NOW, _THEN = _EARNING.format("a.balance_minor"), _EARNING.format("a.balance_minor + m.minor")

_ACCRUED = f"""
    WITH {_WEIGHTS}
    SELECT a.posting_class, a.branch_id, a.currency, sum(
        a.base_minor + div(
            greatest(a.line_offset + {_NOW}::numeric * w.many, 0) * w.each + 180000000, 360000000
        )) AS minor
    FROM {{accounts}} a JOIN weights w ON {_IS_OF_SORT}
    GROUP BY a.posting_class, a.branch_id, a.currency
"""
"""Rounded half up, by 360 days and a million, an account each."""

_BEND = f"""
    WITH {_WEIGHTS},
    moved AS (
        SELECT l.account AS account_id, j.value_date, sum(l.credit_minor - l.debit_minor) AS minor
        FROM {{lines}} l
        JOIN {{journals}} j ON j.position = l.position
        JOIN {{accounts}} a ON a.account_id = l.account AND a.is_demand = 1
        WHERE l.position > :after AND l.position <= :upto
        GROUP BY l.account, j.value_date),
    noted AS (
        INSERT INTO {{days}} AS d (account_id, value_date, minor)
        SELECT account_id, value_date, minor FROM moved WHERE minor <> 0
        ON CONFLICT (account_id, value_date) DO UPDATE SET minor = d.minor + excluded.minor),
    by_account AS (
        SELECT account_id, sum(minor)::bigint AS minor, bool_or(value_date <> :on) AS is_other
        FROM moved WHERE minor <> 0 GROUP BY account_id),
    ends AS (
        UPDATE {{accounts}} a SET until = DATE '{ENDED}'
        FROM by_account m WHERE a.account_id = m.account_id AND m.is_other),
    bends AS (
        UPDATE {{accounts}} a
        SET balance_minor = a.balance_minor + m.minor,
            line_offset = a.line_offset + ({_NOW} - {_THEN})::numeric * w.many,
            until = least(a.until, :quarter)
        FROM by_account m, weights w
        WHERE a.account_id = m.account_id AND NOT m.is_other AND a.until > :on AND {_IS_OF_SORT})
    SELECT account_id, value_date, minor FROM moved
    WHERE minor <> 0 AND value_date <= :closed ORDER BY account_id, value_date
"""
