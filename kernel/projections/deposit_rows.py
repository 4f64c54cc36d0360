"""Rows of the interest of deposits, part of the general ledger's read model: a line an account.

An account's line (``kernel.deposits.accrual_lines``) says what it has earned by day. Money that
counts from the day that ends bends it, in one statement for all accounts; what else happens to an
account ends its line, and the cut draws a new one through a fold of the account's movements.

Units: whole minor units of the account's currency. Sign: the customer's view.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BigInteger, Connection, Date, Integer, Table, Text, bindparam, select
from sqlalchemy import text as sql

from kernel.bookkeeping.loan_journal import Place
from kernel.deposits.accrual_lines import AccrualLine, Basis, Sort, quarter_end, weight
from kernel.deposits.interest import DAY, InterestState
from kernel.deposits.rates import RatesState
from kernel.deposits.state import DepositState
from kernel.projections import bulk
from kernel.projections.model import day, exact, small, text, whole

ENDED = datetime.date.min
"""A line that ends there is drawn anew at the next cut."""
State = InterestState | DepositState
_DEMAND, _DEPOSIT = msgspec.json.Decoder(InterestState), msgspec.json.Decoder(DepositState)


class Held(msgspec.Struct):
    """An account: where it is posted, its state without movements, its line.

    ``agreed_minor`` of its balance stands as an agreement deposit since the last cut.
    """

    account_id: str
    place: Place
    is_demand: bool
    state: State
    line: AccrualLine
    settled_minor: int = 0
    agreed_minor: int = 0


class DepositRows:
    """The tables. ``deposit_days`` holds movements of current accounts by value date, as far back
    as a payment can still change what was settled; a row of ``deposit_cuts`` ends a date."""

    def __init__(self, table: Callable[..., Table], journals: Table, journal_lines: Table) -> None:
        self.accounts = table(
            "deposit_interest",
            text("account_id", key=True),
            text("posting_class"),
            text("branch_id"),
            text("currency"),
            small("is_demand"),
            text("state"),
            whole("settled_minor"),
            whole("agreed_minor"),
            text("basis"),
            whole("rate_ppm"),
            small("notice_days"),
            day("from_date"),
            whole("base_minor"),
            exact("line_offset"),
            whole("balance_minor"),
            whole("unit_minor"),
            day("until"),
        )
        self.days = table(
            "deposit_days",
            text("account_id", key=True),
            day("value_date", key=True),
            whole("minor"),
        )
        self.rates = table(
            "deposit_rates",
            text("currency", key=True),
            text("line", key=True),
            small("tenor", key=True),
            day("effective_from", key=True),
            whole("annual_rate_ppm"),
        )
        self.products = table(
            "deposit_products",
            text("product_id", key=True),
            small("version", key=True),
            whole("annual_rate_ppm"),
        )
        self.totals = table(
            "deposit_interest_totals",
            text("posting_class", key=True),
            text("branch_id", key=True),
            text("currency", key=True),
            whole("accrued_minor"),
            whole("settled_minor"),
            whole("agreed_minor"),
        )
        self.cuts = table("deposit_cuts", whole("position", key=True), day("day"))
        self._names = {
            "accounts": self.accounts.name,
            "days": self.days.name,
            "journals": journals.name,
            "lines": journal_lines.name,
        }

    # -- accounts

    def load(self, connection: Connection, account_ids: Iterable[str]) -> dict[str, Held]:
        """The accounts as they stand in the tables, by id."""
        rows = bulk.load(connection, self.accounts, "account_id", account_ids)
        return {row.account_id: _held(row) for row in sorted(rows, key=lambda row: row.account_id)}

    def write(self, connection: Connection, held: Iterable[Held]) -> None:
        """Write these accounts, new ones too."""
        bulk.put(connection, self.accounts, [_row(one) for one in held])

    def ended(self, connection: Connection, on: datetime.date) -> list[str]:
        """Accounts whose line does not hold on the day."""
        c = self.accounts.c
        return list(
            connection.scalars(select(c.account_id).where(c.until <= on).order_by(c.account_id))
        )

    def movements(
        self, connection: Connection, account_ids: Iterable[str]
    ) -> dict[str, list[tuple[datetime.date, int]]]:
        """Movements of the accounts by value date, in its order."""
        found: dict[str, list[tuple[datetime.date, int]]] = {}
        for row in sorted(bulk.load(connection, self.days, "account_id", account_ids), key=tuple):
            found.setdefault(row.account_id, []).append((row.value_date, row.minor))
        return found

    def forget(
        self, connection: Connection, before: Mapping[str, datetime.date]
    ) -> list[tuple[str, int]]:
        """Drop movements that count from before a day, an account each; their sums come back."""
        if not before:
            return []
        statement = sql(_FORGET.format(**self._names)).bindparams(
            bindparam("accounts", type_=ARRAY(Text)), bindparam("since", type_=ARRAY(Date))
        )
        names = {"accounts": list(before), "since": list(before.values())}
        return [(row.account_id, row.minor) for row in connection.execute(statement, names)]

    # -- rates

    def listed(self, connection: Connection) -> dict[str, RatesState]:
        """Listed rates by currency."""
        lists: dict[str, dict[str, dict[datetime.date, int]]] = {}
        for row in connection.execute(select(self.rates)):
            named = lists.setdefault(row.currency, {}).setdefault(f"{row.line}.{row.tenor}", {})
            named[row.effective_from] = row.annual_rate_ppm
        return {currency: RatesState(named) for currency, named in lists.items()}

    # -- all accounts at once

    def bend(
        self,
        connection: Connection,
        after: int,
        upto: int,
        on: datetime.date,
        listed: Mapping[str, RatesState],
    ) -> None:
        """Take in the money that was booked behind a position, up to another one.

        Money that counts from the day ``on`` bends the line of its account; other money ends it.
        """
        names = {"after": after, "upto": upto, "on": on, "quarter": quarter_end(on) + DAY}
        weights = self._weights(connection, on, listed)
        connection.execute(_weighted(_BEND.format(**self._names)), {**names, **weights})

    def accrued(
        self, connection: Connection, on: datetime.date, listed: Mapping[str, RatesState]
    ) -> dict[Place, int]:
        """All interest earned to the end of the day, settled or not, by place.

        Expects lines that hold on the day.
        """
        weights = self._weights(connection, on + DAY, listed)
        rows = connection.execute(_weighted(_ACCRUED.format(**self._names)), weights)
        return {
            Place(row.branch_id, row.posting_class, row.currency): int(row.minor) for row in rows
        }

    def _weights(
        self, connection: Connection, end: datetime.date, listed: Mapping[str, RatesState]
    ) -> dict[str, list[Any]]:
        """W and M of every sort of earning that an account has, as columns."""
        c = self.accounts.c
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


def _held(row: Any) -> Held:
    is_demand = bool(row.is_demand)
    sort = Sort(Basis(row.basis), row.currency, row.rate_ppm, row.notice_days, row.from_date)
    return Held(
        account_id=row.account_id,
        place=Place(row.branch_id, row.posting_class, row.currency),
        is_demand=is_demand,
        state=_DEMAND.decode(row.state) if is_demand else _DEPOSIT.decode(row.state),
        line=AccrualLine(
            sort=sort,
            base_minor=row.base_minor,
            offset=int(row.line_offset),
            balance_minor=row.balance_minor,
            unit_minor=row.unit_minor,
            until=row.until,
        ),
        settled_minor=row.settled_minor,
        agreed_minor=row.agreed_minor,
    )


def _row(one: Held) -> bulk.Row:
    line, sort, place = one.line, one.line.sort, one.place
    return (
        one.account_id,
        place.posting_class,
        place.branch_id,
        place.currency,
        int(one.is_demand),
        msgspec.json.encode(one.state).decode(),
        one.settled_minor,
        one.agreed_minor,
        sort.basis.value,
        sort.rate_ppm,
        sort.notice_days,
        sort.from_date,
        line.base_minor,
        line.offset,
        line.balance_minor,
        line.unit_minor,
        line.until,
    )


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
        FROM by_account m WHERE a.account_id = m.account_id AND m.is_other)
    UPDATE {{accounts}} a
    SET balance_minor = a.balance_minor + m.minor,
        line_offset = a.line_offset + ({_NOW} - {_THEN})::numeric * w.many,
        until = least(a.until, :quarter)
    FROM by_account m, weights w
    WHERE a.account_id = m.account_id AND NOT m.is_other AND a.until > :on AND {_IS_OF_SORT}
"""

_FORGET = """
    WITH gone AS (
        DELETE FROM {days} d USING unnest(:accounts, :since) AS w (account_id, since)
        WHERE d.account_id = w.account_id AND d.value_date < w.since
        RETURNING d.account_id, d.minor)
    SELECT account_id, sum(minor)::bigint AS minor FROM gone GROUP BY account_id
"""
