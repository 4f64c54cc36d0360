"""Rows of the interest of deposits, part of the general ledger's read model: a line an account.

Units: whole minor units of the account's currency. Sign: the customer's view.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Connection, Date, Table, Text, bindparam, select
from sqlalchemy import text as sql

from kernel.bookkeeping.loan_journal import Place
from kernel.deposits.accrual_lines import AccrualLine, Basis, Sort
from kernel.deposits.interest import InterestState
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

    ``agreed_minor`` of its balance stands as an agreement deposit since the last cut;
    ``prior_minor`` is what its acts since then changed of the interest of closed years.
    """

    account_id: str
    place: Place
    is_demand: bool
    state: State
    line: AccrualLine
    settled_minor: int = 0
    agreed_minor: int = 0
    prior_minor: int = 0


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
            whole("prior_minor"),
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
        self.names = {
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
        statement = sql(_FORGET.format(**self.names)).bindparams(
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
        prior_minor=row.prior_minor,
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
        one.prior_minor,
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


_FORGET = """
    WITH gone AS (
        DELETE FROM {days} d USING unnest(:accounts, :since) AS w (account_id, since)
        WHERE d.account_id = w.account_id AND d.value_date < w.since
        RETURNING d.account_id, d.minor)
    SELECT account_id, sum(minor)::bigint AS minor FROM gone GROUP BY account_id
"""
