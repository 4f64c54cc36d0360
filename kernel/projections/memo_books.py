"""Contracts and items of collateral, part of the general ledger's read model, and what the memo
accounts 9104 and 9105 note of them by difference.

A row keeps the state as its area folds it, and what was noted. An item is noted at the branch of
the contract that it was pledged for first.

Units: whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, Index, Table, select

from kernel.bookkeeping.memo import Key, Memo, held_minor, undrawn_minor
from kernel.collateral.events import CollateralPledged, CollateralRevalued, OnItem
from kernel.collateral.state import NO_ITEM, ItemState, evolve_item
from kernel.common.facts import Event, Fact
from kernel.loans.contract_state import INITIAL_CONTRACT, ContractState, evolve_contract
from kernel.loans.events import Drawn, OnContract, OnLoan, OnLoans, parts_of
from kernel.loans.terms import Method
from kernel.projections import bulk
from kernel.projections.model import text, whole

S = TypeVar("S", bound=msgspec.Struct)


class NotedContract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract as far as the memo accounts need it: without its loans, which may be many."""

    state: ContractState = INITIAL_CONTRACT
    revolves: bool = False
    noted_minor: int = 0


class NotedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item, and where and at what it was noted."""

    state: ItemState = NO_ITEM
    branch_id: str = ""
    noted_minor: int = 0


class MemoBooks:
    """Rows of contracts and items with what was noted of them."""

    def __init__(self, table: Callable[..., Table], prefix: str) -> None:
        self.contracts = table(
            "memo_contracts", text("contract_id", key=True), text("noted"), whole("undrawn_minor")
        )
        is_undrawn = self.contracts.c.undrawn_minor > 0
        Index(
            f"{prefix}memo_contracts_undrawn",
            self.contracts.c.contract_id,
            postgresql_where=is_undrawn,
        )
        self.items = table("collateral_items", text("item_id", key=True), text("noted"))

    def load(self, connection: Connection, facts: Sequence[Fact]) -> Noted:
        """What the facts touch, as it stands in the tables."""
        contract_ids = {each for fact in facts for each in contracts_of(fact.event)}
        contract_ids |= {
            fact.event.contract_id for fact in facts if isinstance(fact.event, CollateralPledged)
        }
        item_ids = {each for fact in facts for each in items_of(fact.event)}
        return Noted(
            _rows(connection, self.contracts, contract_ids, NotedContract),
            _rows(connection, self.items, item_ids, NotedItem),
        )

    def item_states(self, connection: Connection, item_ids: Iterable[str]) -> list[ItemState]:
        """These items, by id."""
        found = _rows(connection, self.items, item_ids, NotedItem)
        return [each.state for each in found.values()]

    def write(self, connection: Connection, noted: Noted) -> None:
        """Keep contracts and items with what was noted of them."""
        contracts = [(each, _stored(one), one.noted_minor) for each, one in noted.contracts.items()]
        bulk.put(connection, self.contracts, contracts)
        items = [(each, _stored(one)) for each, one in noted.items.items()]
        bulk.put(connection, self.items, items)

    def undrawn_ids(self, connection: Connection) -> set[str]:
        """Contracts under which something may still be drawn."""
        c = self.contracts.c
        return set(connection.scalars(select(c.contract_id).where(c.undrawn_minor > 0)))

    def noted_contracts(
        self, connection: Connection, contract_ids: Iterable[str]
    ) -> dict[str, NotedContract]:
        """These contracts, by id."""
        return _rows(connection, self.contracts, contract_ids, NotedContract)


class Noted:
    """Contracts and items while facts are folded into them; also without a database."""

    def __init__(self, contracts: dict[str, NotedContract], items: dict[str, NotedItem]) -> None:
        self.contracts, self.items = contracts, items

    def take(self, fact: Fact) -> dict[Key, int]:
        """What a fact changes, zeros left out."""
        changes: dict[Key, int] = {}
        if not is_noted(type(fact.event)):
            return changes
        for contract_id in contracts_of(fact.event):
            self._contract(contract_id, fact, changes)
        for item_id in items_of(fact.event):
            self._item(item_id, fact, changes)
        return {key: minor for key, minor in changes.items() if minor}

    def _contract(self, contract_id: str, fact: Fact, changes: dict[Key, int]) -> None:
        before = self.contracts.get(contract_id, NotedContract())
        state = evolve_contract(before.state, fact)
        application = state.application
        if application is None:
            return
        now = undrawn_minor(state, revolves=(revolves := before.revolves or _revolves(fact.event)))
        key = application.branch_id, application.currency, Memo.UNDRAWN
        changes[key] = changes.get(key, 0) + now - before.noted_minor
        state = msgspec.structs.replace(state, loan_ids=())
        self.contracts[contract_id] = NotedContract(state=state, revolves=revolves, noted_minor=now)

    def _item(self, item_id: str, fact: Fact, changes: dict[Key, int]) -> None:
        before = self.items.get(item_id, NotedItem())
        state, branch_id = evolve_item(before.state, fact), before.branch_id
        if not branch_id and state.pledges:
            contract = self.contracts.get(state.pledges[0].contract_id, NotedContract())
            application = contract.state.application
            branch_id = application.branch_id if application else ""
        now = held_minor(state) if branch_id else 0
        if branch_id:
            key = branch_id, state.currency, Memo.COLLATERAL_HELD
            changes[key] = changes.get(key, 0) + now - before.noted_minor
        self.items[item_id] = NotedItem(state=state, branch_id=branch_id, noted_minor=now)


@cache
def is_noted(kind: type[Event]) -> bool:
    """Whether events of the kind are about contracts or items; payments, nearly all, are not."""
    return issubclass(kind, OnContract | OnLoan | OnLoans | OnItem | CollateralRevalued)


def contracts_of(event: Event) -> list[str]:
    """The contracts of an event of the loans' area, each once."""
    if not is_noted(type(event)):
        return []
    if isinstance(event, OnContract):
        return [event.contract_id]
    return list(dict.fromkeys(part.contract_id for part in parts_of(event)))


def items_of(event: Event) -> list[str]:
    """The items of an event of the collateral's area."""
    if not is_noted(type(event)):
        return []
    if isinstance(event, CollateralRevalued):
        return [each.item_id for each in event.prices]
    return [event.item_id] if isinstance(event, OnItem) else []


def _revolves(event: Event) -> bool:
    return any(
        isinstance(part, Drawn) and part.terms.get("method") == Method.REVOLVING.value
        for part in parts_of(event)
    )


def _stored(one: NotedContract | NotedItem) -> str:
    return msgspec.json.encode(one).decode()


def _rows(connection: Connection, table: Table, ids: Iterable[str], kind: type[S]) -> dict[str, S]:
    decoder = msgspec.json.Decoder(kind)
    [key, *_] = table.primary_key.columns
    rows = bulk.load(connection, table, key.name, ids)
    return {row[0]: decoder.decode(row.noted) for row in sorted(rows, key=lambda row: str(row[0]))}
