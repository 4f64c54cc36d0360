"""Read model of accounts: how each stands, its ledger balance, holds and restraints.

Units: whole minor units of the account's currency.
Sign: the customer's view; a ledger balance is positive when the bank owes the customer.
``sub_ledger_totals`` is the sum of the balances per control account, kept apart from the general
ledger so that each can be checked against the other.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Index

from kernel.accounts.events import (
    AccountClosed,
    AccountMarkedDormant,
    AccountOpened,
    AccountReactivated,
    BoundAccountChanged,
    OverdraftLimitSet,
)
from kernel.common.facts import Fact
from kernel.projections import bulk
from kernel.projections.model import Model, day, text, whole
from kernel.projections.money import add_money, money_moved
from kernel.projections.restraints import RestraintRows
from kernel.projections.round import Facts


class _Account(msgspec.Struct):
    """One row of ``accounts`` while facts are folded into it; fields stand as the columns do."""

    account_id: str
    customer_id: str
    product_id: str
    product_version: int
    branch_id: str
    currency: str
    account_class: str
    posting_class: str
    status: str
    bound_account_id: str | None
    overdraft_limit_minor: int
    ledger_minor: int
    opened_on: datetime.date
    opened_position: int
    last_position: int
    last_day: datetime.date


class Balances(Model):
    """Accounts with their balance, the history of their status, their holds and restraints.

    ``last_day`` is the furthest booking or value date of an account's money. ``hold_changes``
    holds the movements of each hold, ``holds`` when it ceases to bind and what is left of it.
    """

    name = "balances"

    def __init__(self, prefix: str = "") -> None:
        super().__init__(prefix)
        self.accounts = self._table(
            "accounts",
            text("account_id", key=True),
            text("customer_id"),
            text("product_id"),
            whole("product_version"),
            text("branch_id"),
            text("currency"),
            text("account_class"),
            text("posting_class"),
            text("status"),
            text("bound_account_id", optional=True),
            whole("overdraft_limit_minor"),
            whole("ledger_minor"),
            day("opened_on"),
            whole("opened_position"),
            whole("last_position"),
            day("last_day"),
        )
        Index(f"{prefix}accounts_customer", self.accounts.c.customer_id)
        self.changes = self._table(
            "account_changes",
            text("account_id", key=True),
            whole("position", key=True),
            day("day"),
            text("status"),
            whole("overdraft_limit_minor"),
            text("bound_account_id", optional=True),
        )
        self.holds = self._table(
            "holds",
            text("account_id", key=True),
            text("hold_id", key=True),
            whole("remaining_minor"),
            day("expires_on"),
        )
        self.hold_changes = self._table(
            "hold_changes",
            text("account_id", key=True),
            text("hold_id", key=True),
            whole("position", key=True),
            day("day"),
            whole("amount_minor"),
        )
        self.totals = self._table(
            "sub_ledger_totals",
            text("posting_class", key=True),
            text("branch_id", key=True),
            text("currency", key=True),
            whole("ledger_minor"),
        )
        self.restraints = RestraintRows(self._table)

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Fold the facts into the rows of the accounts that they touch.

        Raises KeyError for an account that was not opened before its first fact.
        """
        self._apply_changes(connection, facts.of(*_CHANGES))
        self._apply_money(connection, facts)
        self._apply_holds(connection, facts)
        self.restraints.apply(connection, facts)

    def _apply_changes(self, connection: Connection, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        touched = [fact.event.account_id for fact in facts]  # type: ignore[attr-defined]
        rows = bulk.load(connection, self.accounts, "account_id", touched)
        accounts = {row.account_id: _Account(*row) for row in rows}
        changes: list[bulk.Row] = []
        for fact in facts:
            row = _changed(accounts, fact)
            changes.append(
                (
                    row.account_id,
                    fact.position,
                    fact.booking_date,
                    row.status,
                    row.overdraft_limit_minor,
                    row.bound_account_id,
                )
            )
        bulk.put(connection, self.accounts, [msgspec.structs.astuple(a) for a in accounts.values()])
        bulk.insert(connection, self.changes, changes)

    def _apply_money(self, connection: Connection, facts: Facts) -> None:
        moved = money_moved(facts)
        if not moved:
            return
        totals: dict[tuple[str, str, str], int] = {}
        found = add_money(connection, self.accounts, moved)
        for row in found:
            key = (row.posting_class, row.branch_id, row.currency)
            totals[key] = totals.get(key, 0) + moved[row.account_id].minor
        if len(found) < len(moved):
            raise KeyError(*sorted(moved.keys() - {row.account_id for row in found}))
        bulk.add(connection, self.totals, [(*key, minor) for key, minor in totals.items() if minor])

    def _apply_holds(self, connection: Connection, facts: Facts) -> None:
        placed: dict[tuple[str, str], datetime.date | None] = {}
        moved: dict[tuple[str, str], int] = {}
        rows: dict[bulk.Row, int] = {}
        for fact, hold_changes in facts.hold_changes:
            for change in hold_changes:
                key = (change.account, change.hold_id)
                if change.amount_minor > 0:
                    placed.setdefault(key, change.expires_on)
                moved[key] = moved.get(key, 0) + change.amount_minor
                where = (*key, fact.position, fact.booking_date)
                rows[where] = rows.get(where, 0) + change.amount_minor
        accounts = {account_id for account_id, _ in moved}
        known = {
            (row.account_id, row.hold_id): (row.remaining_minor, row.expires_on)
            for row in bulk.load(connection, self.holds, "account_id", accounts)
        }
        holds: list[bulk.Row] = []
        for key, minor in moved.items():
            remaining, expires_on = known.get(key, (0, placed.get(key)))
            holds.append((*key, remaining + minor, expires_on))
        bulk.put(connection, self.holds, holds)
        bulk.insert(connection, self.hold_changes, [(*key, minor) for key, minor in rows.items()])


_CHANGES = (
    AccountOpened,
    AccountClosed,
    AccountMarkedDormant,
    AccountReactivated,
    OverdraftLimitSet,
    BoundAccountChanged,
)


def _changed(accounts: dict[str, _Account], fact: Fact) -> _Account:
    """The account after the fact opened it or changed its status, limit or bound account."""
    event = fact.event
    match event:
        case AccountOpened():
            accounts[event.account_id] = _opened(event, fact)
        case AccountClosed():
            accounts[event.account_id].status = "CLOSED"
        case AccountMarkedDormant():
            accounts[event.account_id].status = "DORMANT"
        case AccountReactivated():
            accounts[event.account_id].status = "ACTIVE"
        case OverdraftLimitSet():
            accounts[event.account_id].overdraft_limit_minor = event.limit_minor
        case BoundAccountChanged():
            accounts[event.account_id].bound_account_id = event.bound_account_id
        case _:
            raise TypeError(f"{type(event).__name__} changes no account")
    row = accounts[event.account_id]
    row.last_position = max(row.last_position, fact.position)
    return row


def _opened(event: AccountOpened, fact: Fact) -> _Account:
    return _Account(
        account_id=event.account_id,
        customer_id=event.customer_id,
        product_id=event.product_id,
        product_version=event.product_version,
        branch_id=event.branch_id,
        currency=event.currency,
        account_class=str(event.account_class),
        posting_class=event.posting_class,
        status="ACTIVE",
        bound_account_id=event.bound_account_id,
        overdraft_limit_minor=0,
        ledger_minor=0,
        opened_on=fact.booking_date,
        opened_position=fact.position,
        last_position=fact.position,
        last_day=fact.booking_date,
    )
