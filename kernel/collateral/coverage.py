"""Which collateral covers which loan: allocation over ranks and maximum amounts.

The model. Items, pledges and exposures form a pool; a pledge lets an item cover a loan, up to
its maximum amount (最高额) if it has one. The allocation

1. covers as much exposure in all as the pledges allow (a maximum flow, proved by a cut);
2. keeps the order on each item: a later rank gets nothing while an earlier rank still asks,
   that is, while its loan is short and its maximum amount not used up;
3. shares between equal ranks of an item in proportion to the secured claims: the exposure, or
   the maximum amount if that is smaller; cent-exact, the odd cent by Sainte-Laguë, then by id.

Aim 1 never bends the order: cover can always be moved to the earlier rank without loss. It only
chooses, for a loan with several items, the item that nobody else needs. The pool is put in order
of ids first, so the order in which it is told makes no difference.

An unregistered pledge comes after all registered ones. The rank is the register's, and not
computed from the day: creditors may exchange ranks. Claims of other lenders are taken off the
lendable value beforehand.

Units: whole minor units of one currency; ``*_bp`` basis points. Exposures are never negative.
Source: Civil Code arts 392, 409 and 414 (order, exchange of ranks, equal ranks), 420 to 424
(maximum amount).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from kernel.collateral.flow import Network, best_flow, blocking_cut, most
from kernel.collateral.pool import Exposure, Item, Pledge, Pool, pool_of
from kernel.collateral.refusals import SecuredLoanNotFound


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """So much of a loan is covered by an item through the pledge of this rank."""

    item_id: str
    loan_id: str
    rank: int
    amount_minor: int


class LoanCover(msgspec.Struct, frozen=True, kw_only=True):
    """How a loan is covered. ``spare_minor`` is what unused collateral would cover beyond it.

    The spare of two loans may be the same yuan: it is each loan's own, all others unchanged.
    """

    loan_id: str
    exposure_minor: int
    covered_minor: int
    spare_minor: int

    @property
    def shortfall_minor(self) -> int:
        """Exposure without cover."""
        return self.exposure_minor - self.covered_minor


class ItemUse(msgspec.Struct, frozen=True, kw_only=True):
    """How far an item is used."""

    item_id: str
    lendable_minor: int
    used_minor: int

    @property
    def left_minor(self) -> int:
        """Lendable value that covers nothing."""
        return self.lendable_minor - self.used_minor


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Why no more is covered: items used up, loans covered whole, pledges at their maximum."""

    item_ids: tuple[str, ...] = ()
    loan_ids: tuple[str, ...] = ()
    pledges: tuple[tuple[str, str, int], ...] = ()


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """The lines, and what they mean for each loan and item; all in order of ids."""

    lines: tuple[Line, ...]
    loans: tuple[LoanCover, ...]
    items: tuple[ItemUse, ...]
    bound: Bound

    @property
    def covered_minor(self) -> int:
        """Exposure covered in all."""
        return sum(line.amount_minor for line in self.lines)

    def loan(self, loan_id: str) -> LoanCover:
        """Cover of one loan; raises SecuredLoanNotFound."""
        for each in self.loans:
            if each.loan_id == loan_id:
                return each
        raise SecuredLoanNotFound(loan_id=loan_id)


def allocate(
    items: Iterable[Item], pledges: Iterable[Pledge], exposures: Iterable[Exposure]
) -> Allocation:
    """The allocation of a pool, checked: no capacity exceeded, and a cut proves it largest.

    Raises what ``pool_of`` raises.

    >>> made = allocate(
    ...     [Item(item_id="FLAT", lendable_minor=100)],
    ...     [Pledge(item_id="FLAT", loan_id=loan, rank=1) for loan in ("A", "B")],
    ...     [Exposure(loan_id="A", exposure_minor=90), Exposure(loan_id="B", exposure_minor=60)],
    ... )
    >>> [(line.loan_id, line.amount_minor) for line in made.lines]
    [('A', 60), ('B', 40)]
    """
    parts = [_allocated(part) for part in pool_of(items, pledges, exposures).parts()]
    return Allocation(
        lines=tuple(
            sorted(
                (line for part in parts for line in part.lines),
                key=lambda line: (line.item_id, line.rank, line.loan_id),
            )
        ),
        loans=tuple(
            sorted((each for part in parts for each in part.loans), key=lambda each: each.loan_id)
        ),
        items=tuple(
            sorted((each for part in parts for each in part.items), key=lambda each: each.item_id)
        ),
        bound=Bound(
            item_ids=tuple(sorted(i for part in parts for i in part.bound.item_ids)),
            loan_ids=tuple(sorted(i for part in parts for i in part.bound.loan_ids)),
            pledges=tuple(sorted(i for part in parts for i in part.bound.pledges)),
        ),
    )


def _allocated(pool: Pool) -> Allocation:
    """The allocation of one connected part."""
    network = pool.network()
    flows = best_flow(network)
    used, covered = _sums(network, flows)
    bound = _proved_largest(pool, network, flows, used, covered)
    return Allocation(
        lines=tuple(
            Line(
                item_id=pledge.item_id,
                loan_id=pledge.loan_id,
                rank=pledge.rank,
                amount_minor=minor,
            )
            for pledge, minor in zip(pool.pledges, flows, strict=True)
            if minor
        ),
        loans=tuple(
            LoanCover(
                loan_id=exposure.loan_id,
                exposure_minor=exposure.exposure_minor,
                covered_minor=covered[at],
                spare_minor=_spare_minor(network, at, covered),
            )
            for at, exposure in enumerate(pool.exposures)
        ),
        items=tuple(
            ItemUse(item_id=item.item_id, lendable_minor=item.lendable_minor, used_minor=used[at])
            for at, item in enumerate(pool.items)
        ),
        bound=bound,
    )


def _sums(network: Network, flows: Sequence[int]) -> tuple[list[int], list[int]]:
    """What each item gives and what each loan gets."""
    used, covered = [0] * len(network.supplies), [0] * len(network.demands)
    for edge, minor in zip(network.edges, flows, strict=True):
        used[edge.supply] += minor
        covered[edge.demand] += minor
    return used, covered


def _proved_largest(
    pool: Pool,
    network: Network,
    flows: Sequence[int],
    used: Sequence[int],
    covered: Sequence[int],
) -> Bound:
    """The cut that the allocation fills, after a check of every capacity."""
    capacities = [edge.capacity for edge in network.edges]
    for amounts, bounds in (
        (flows, capacities),
        (used, network.supplies),
        (covered, network.demands),
    ):
        assert all(0 <= a <= b for a, b in zip(amounts, bounds, strict=True)), (amounts, bounds)
    cut = blocking_cut(network, flows)
    assert cut.capacity(network) == sum(flows), (cut, flows)
    return Bound(
        item_ids=tuple(pool.items[at].item_id for at in cut.supplies),
        loan_ids=tuple(pool.exposures[at].loan_id for at in cut.demands),
        pledges=tuple(
            (pool.pledges[at].item_id, pool.pledges[at].loan_id, pool.pledges[at].rank)
            for at in cut.edges
        ),
    )


def _spare_minor(network: Network, at: int, covered: Sequence[int]) -> int:
    """What more one loan would get if it were larger and no other loan got less.

    The largest total with this demand unbounded, less the largest total: a flow grows along
    paths that take nothing from another demand.
    """
    if covered[at] < network.demands[at]:
        return 0
    demands = list(network.demands)
    demands[at] = covered[at] + sum(network.supplies)
    return most(network._replace(demands=demands)) - sum(covered)
