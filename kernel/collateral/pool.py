"""A pool of collateral: items, pledges and exposures that fit together.

Units: whole minor units of one currency. Lendable values and exposures are never negative.
Source: Civil Code art. 414 (registered before unregistered, order by rank), art. 420 (maximum
amount).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import msgspec
import networkx as nx

from kernel.collateral.flow import Edge, Network
from kernel.collateral.refusals import (
    CollateralCurrencyMismatch,
    CollateralDuplicate,
    CollateralNotFound,
    SecuredLoanNotFound,
)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An item of collateral with what may be lent against it."""

    item_id: str
    lendable_minor: int
    currency: str = "CNY"


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What a loan puts at risk."""

    loan_id: str
    exposure_minor: int
    currency: str = "CNY"


class Pledge(msgspec.Struct, frozen=True, kw_only=True):
    """An item secures a loan at a rank from 1; without a maximum amount, to the full."""

    item_id: str
    loan_id: str
    rank: int
    maximum_amount_minor: int | None = None
    registered_on: datetime.date | None = None


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Items, pledges and exposures in order of ids, known to fit together."""

    items: tuple[Item, ...]
    pledges: tuple[Pledge, ...]
    exposures: tuple[Exposure, ...]

    def parts(self) -> list[Pool]:
        """The pool, cut where no pledge connects."""
        graph: nx.Graph[tuple[str, str]] = nx.Graph()
        graph.add_nodes_from(("item", each.item_id) for each in self.items)
        graph.add_nodes_from(("loan", each.loan_id) for each in self.exposures)
        graph.add_edges_from((("item", p.item_id), ("loan", p.loan_id)) for p in self.pledges)
        part_of = {n: i for i, nodes in enumerate(nx.connected_components(graph)) for n in nodes}
        count = max(part_of.values(), default=-1) + 1
        items: list[list[Item]] = [[] for _ in range(count)]
        pledges: list[list[Pledge]] = [[] for _ in range(count)]
        exposures: list[list[Exposure]] = [[] for _ in range(count)]
        for item in self.items:
            items[part_of["item", item.item_id]].append(item)
        for pledge in self.pledges:
            pledges[part_of["item", pledge.item_id]].append(pledge)
        for exposure in self.exposures:
            exposures[part_of["loan", exposure.loan_id]].append(exposure)
        return [
            Pool(items=tuple(i), pledges=tuple(p), exposures=tuple(e))
            for i, p, e in zip(items, pledges, exposures, strict=True)
        ]

    def network(self) -> Network:
        """The pool as supplies, demands and edges, one for each pledge."""
        item_at = {each.item_id: i for i, each in enumerate(self.items)}
        loan_at = {each.loan_id: i for i, each in enumerate(self.exposures)}
        demands = [each.exposure_minor for each in self.exposures]
        edges = []
        for pledge, rank in zip(self.pledges, _places(self.pledges), strict=True):
            demand = demands[loan_at[pledge.loan_id]]
            maximum = pledge.maximum_amount_minor
            claim = demand if maximum is None else min(maximum, demand)
            at = item_at[pledge.item_id], loan_at[pledge.loan_id]
            edges.append(Edge(*at, rank=rank, capacity=_capacity(pledge, self), weight=claim or 1))
        return Network([each.lendable_minor for each in self.items], demands, edges)


def _capacity(pledge: Pledge, pool: Pool) -> int:
    """The maximum amount, or as much as all items together lend."""
    if pledge.maximum_amount_minor is None:
        return sum(each.lendable_minor for each in pool.items)
    return pledge.maximum_amount_minor


def _places(pledges: Sequence[Pledge]) -> list[int]:
    """Place of each pledge in the order of its item, from 1 without gaps."""
    orders: dict[str, set[tuple[bool, int]]] = {}
    for pledge in pledges:
        orders.setdefault(pledge.item_id, set()).add(_order(pledge))
    placed = {item_id: sorted(orders[item_id]) for item_id in orders}
    return [placed[pledge.item_id].index(_order(pledge)) + 1 for pledge in pledges]


def _order(pledge: Pledge) -> tuple[bool, int]:
    return pledge.registered_on is None, pledge.rank


def pool_of(
    items: Iterable[Item], pledges: Iterable[Pledge], exposures: Iterable[Exposure]
) -> Pool:
    """The pool, in order of ids.

    Raises CollateralDuplicate for an item, a loan or a pledge given twice (one item, loan and
    rank), CollateralNotFound, SecuredLoanNotFound, and CollateralCurrencyMismatch for a pledge
    whose item and loan are in different currencies.
    """
    item_of: dict[str, Item] = {}
    for item in items:
        assert item.lendable_minor >= 0, item
        if item_of.setdefault(item.item_id, item) is not item:
            raise CollateralDuplicate(what=f"Item {item.item_id}")
    loan_of: dict[str, Exposure] = {}
    for exposure in exposures:
        assert exposure.exposure_minor >= 0, exposure
        if loan_of.setdefault(exposure.loan_id, exposure) is not exposure:
            raise CollateralDuplicate(what=f"Loan {exposure.loan_id}")
    pledge_of: dict[tuple[str, str, int], Pledge] = {}
    for pledge in pledges:
        _require_fitting(pledge, item_of.get(pledge.item_id), loan_of.get(pledge.loan_id))
        key = pledge.item_id, pledge.loan_id, pledge.rank
        if pledge_of.setdefault(key, pledge) is not pledge:
            raise CollateralDuplicate(what="Pledge of {} for {} at rank {}".format(*key))
    return Pool(
        items=tuple(item_of[each] for each in sorted(item_of)),
        pledges=tuple(pledge_of[each] for each in sorted(pledge_of)),
        exposures=tuple(loan_of[each] for each in sorted(loan_of)),
    )


def _require_fitting(pledge: Pledge, item: Item | None, exposure: Exposure | None) -> None:
    assert pledge.rank >= 1, pledge
    assert pledge.maximum_amount_minor is None or pledge.maximum_amount_minor >= 0, pledge
    if item is None:
        raise CollateralNotFound(item_id=pledge.item_id)
    if exposure is None:
        raise SecuredLoanNotFound(loan_id=pledge.loan_id)
    if item.currency != exposure.currency:
        raise CollateralCurrencyMismatch(
            collateral_currency=item.currency, claim_currency=exposure.currency
        )
