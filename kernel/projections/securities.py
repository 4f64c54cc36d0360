"""What secures loans, part of the general ledger's read model: pledges, indexes, floors.

States as their areas fold them, one row each, so that a cut knows cover and classes without the
log; items themselves are in ``memo_books``. Which item was ever pledged for which contract is kept
for good: what stands says the item.

Units: whole minor units, inside the states.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, Index, Table, select

from kernel.collateral.coverage import LoanCover
from kernel.collateral.events import (
    CollateralPledged,
    CollateralRevalued,
    OnItem,
    PriceIndexPublished,
)
from kernel.collateral.lending_value import pool_item, pool_pledges
from kernel.collateral.pool import Exposure
from kernel.collateral.state import (
    NO_INDEX,
    ItemState,
    PriceIndexState,
    evolve_index,
)
from kernel.collateral.sweep import covers
from kernel.common.facts import Event, Fact
from kernel.grading.classes import Grade
from kernel.grading.events import FloorEvent
from kernel.grading.state import INITIAL, FloorState, evolve, floors_on
from kernel.projections import bulk
from kernel.projections.memo_books import MemoBooks
from kernel.projections.model import text

KINDS: tuple[type[Event], ...] = (OnItem, CollateralRevalued, PriceIndexPublished, FloorEvent)
"""The events that change a row here."""

S = TypeVar("S", bound=msgspec.Struct)


class Covered(NamedTuple):
    """Cover by contract, and what each of its items lends, to all that the item secures."""

    covers: dict[str, LoanCover]
    lends: dict[str, tuple[tuple[str, int], ...]]


class Securities:
    """Rows of pledges, of price indexes and of the floors that people set under classes."""

    def __init__(self, table: Callable[..., Table], prefix: str, memos: MemoBooks) -> None:
        self.memos = memos
        self.pledges = table(
            "collateral_pledges", text("contract_id", key=True), text("item_id", key=True)
        )
        Index(f"{prefix}collateral_pledges_item", self.pledges.c.item_id)
        self.indexes = table("price_indexes", text("index_id", key=True), text("state"))
        self.floors = table("grade_floors", text("loan_id", key=True), text("state"))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Fold the facts into the rows, in their order."""
        self._fold(connection, self.indexes, facts, _indexes_of, evolve_index, NO_INDEX)
        self._fold(connection, self.floors, facts, _floors_of, evolve, INITIAL)
        pledged = {
            (fact.event.contract_id, fact.event.item_id)
            for fact in facts
            if isinstance(fact.event, CollateralPledged)
        }
        known = bulk.load(connection, self.pledges, "contract_id", (each for each, _ in pledged))
        bulk.insert(connection, self.pledges, sorted(pledged - {tuple(row) for row in known}))

    def _fold(
        self,
        connection: Connection,
        table: Table,
        facts: Sequence[Fact],
        ids_of: Callable[[Event], Iterable[str]],
        fold: Callable[[S, Fact], S],
        initial: S,
    ) -> None:
        touched = [(fact, tuple(ids_of(fact.event))) for fact in facts]
        wanted = {each for _, ids in touched for each in ids}
        states = _states(connection, table, wanted, type(initial))
        for fact, ids in touched:
            for each in ids:
                states[each] = fold(states.get(each, initial), fact)
        rows = [(each, msgspec.json.encode(state).decode()) for each, state in states.items()]
        bulk.put(connection, table, rows)

    # -- what a cut asks

    def pledged(self, connection: Connection) -> list[tuple[str, str]]:
        """Every contract and item that were ever tied."""
        return [tuple(row) for row in connection.execute(select(self.pledges))]

    def floors_of(
        self, connection: Connection, loan_ids: Iterable[str], on: datetime.date
    ) -> dict[str, Mapping[str, Grade]]:
        """Reason to class of the floors that bind on the day, by loan that has any."""
        found = _states(connection, self.floors, loan_ids, FloorState)
        return {each: floors for each, state in found.items() if (floors := _bind(state, on))}

    def cover(
        self, connection: Connection, owed_minor: Mapping[str, int], on: datetime.date
    ) -> Covered:
        """Cover of the contracts that were ever pledged anything; all of a pool must be there.

        ``owed_minor`` by contract; one that is not there owes nothing.
        """
        tied = bulk.load(connection, self.pledges, "contract_id", owed_minor)
        items = self.memos.item_states(connection, {row.item_id for row in tied})
        indexes = _states(connection, self.indexes, followed(items), PriceIndexState)
        return covered([row.contract_id for row in tied], items, indexes, owed_minor, on)

    def pledged_for(
        self, connection: Connection, contract_ids: Iterable[str]
    ) -> list[tuple[str, str]]:
        """These contracts, each with the items that were ever tied to it."""
        return [
            tuple(each) for each in bulk.load(connection, self.pledges, "contract_id", contract_ids)
        ]

    def pool_of(self, connection: Connection, contract_ids: Iterable[str]) -> set[str]:
        """The contracts, and all that hang together with them by items that were ever pledged."""
        known, waiting = set[str](), set(contract_ids)
        while waiting:
            known |= waiting
            items = {e.item_id for e in bulk.load(connection, self.pledges, "contract_id", waiting)}
            rows = bulk.load(connection, self.pledges, "item_id", items)
            waiting = {each.contract_id for each in rows} - known
        return known


def covered(
    contract_ids: Iterable[str],
    items: Collection[ItemState],
    indexes: Mapping[str, PriceIndexState],
    owed_minor: Mapping[str, int],
    on: datetime.date,
) -> Covered:
    """Cover of these contracts, and of all others that the items secure, on a day."""
    pledges = pool_pledges(items)
    ids = dict.fromkeys([*contract_ids, *(each.loan_id for each in pledges)])
    currency_of = {each.contract_id: item.currency for item in items for each in item.pledges}
    lending = [pool_item(each, _index_value(each, indexes, on), on) for each in items]
    exposures = [
        Exposure(
            loan_id=each,
            exposure_minor=owed_minor.get(each, 0),
            currency=currency_of.get(each, "CNY"),
        )
        for each in ids
    ]
    lends = {each.item_id: each.lendable_minor for each in lending}
    of_contract: dict[str, dict[str, int]] = {}
    for pledge in pledges:
        of_contract.setdefault(pledge.loan_id, {})[pledge.item_id] = lends[pledge.item_id]
    return Covered(
        covers(lending, pledges, exposures),
        {each: tuple(sorted(found.items())) for each, found in of_contract.items()},
    )


def followed(items: Iterable[ItemState]) -> set[str]:
    """The indexes that the items follow."""
    valuations = (each.valuation for each in items)
    return {each.index_id for each in valuations if each is not None and each.index_id}


def _states(
    connection: Connection, table: Table, ids: Iterable[str], kind: type[S]
) -> dict[str, S]:
    decoder = msgspec.json.Decoder(kind)
    [key, *_] = table.primary_key.columns
    rows = bulk.load(connection, table, key.name, ids)
    return {row[0]: decoder.decode(row.state) for row in sorted(rows, key=_first)}


def _first(row: Any) -> str:
    first: str = row[0]
    return first


def _bind(state: FloorState, on: datetime.date) -> dict[str, Grade]:
    return floors_on(state.floors, on)


def _index_value(
    item: ItemState, indexes: Mapping[str, PriceIndexState], on: datetime.date
) -> int | None:
    index_id = item.valuation.index_id if item.valuation else None
    index = None if index_id is None else indexes.get(index_id)
    return None if index is None else index.on(on)


def _indexes_of(event: Event) -> Iterable[str]:
    return [event.index_id] if isinstance(event, PriceIndexPublished) else []


def _floors_of(event: Event) -> Iterable[str]:
    return [event.loan_id] if isinstance(event, FloorEvent) else []
