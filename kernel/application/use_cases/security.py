"""How a contract is covered, with everything that hangs together with it.

Units: whole minor units. An exposure is the principal that a contract owes.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from kernel.application.books import Books
from kernel.collateral.coverage import Allocation, LoanCover, allocate
from kernel.collateral.lending_value import pool_item, pool_pledges
from kernel.collateral.margin import Cure, cures
from kernel.collateral.pledge_rules import require_cover, require_land_for_term
from kernel.collateral.policy import POLICY
from kernel.collateral.pool import Exposure, Item, Pledge
from kernel.collateral.refusals import PoolTooLarge
from kernel.collateral.state import ItemState
from kernel.common.moment import Moment
from kernel.common.rounding import Rounding, rounded
from kernel.loans.contract_state import ContractState
from kernel.loans.events import OnLoan
from kernel.loans.product import LoanProduct

MEMBERS_MAX = 2_000


class Secured(msgspec.Struct, frozen=True, kw_only=True):
    """Contracts and items that hang together by pledges, as they stand on a day."""

    on: datetime.date
    states: dict[str, ItemState]
    items: tuple[Item, ...]
    pledges: tuple[Pledge, ...]
    exposures: tuple[Exposure, ...]

    def allocation(self) -> Allocation:
        """Which item covers which contract."""
        return allocate(self.items, self.pledges, self.exposures)

    def cover(self, contract_id: str) -> LoanCover:
        """How one of the contracts is covered."""
        return self.allocation().loan(contract_id)

    def cure(self, contract_id: str) -> Cure | None:
        """What brings a contract back to the threshold of a call."""
        target_bp = POLICY.value("coverage.call_bp", self.on)
        return cures(self.items, self.pledges, self.exposures, target_bp).get(contract_id)

    def without(self, item_id: str, contract_id: str, rank: int) -> Secured:
        """The same without one pledge."""
        gone = item_id, contract_id, rank
        left = (one for one in self.pledges if (one.item_id, one.loan_id, one.rank) != gone)
        return msgspec.structs.replace(self, pledges=tuple(left))


def secured(
    contract_id: str,
    books: Books,
    on: datetime.date,
    also_minor: Mapping[str, int] | None = None,
) -> Secured:
    """All that hangs together with a contract; ``also_minor`` is added to what contracts owe.

    Raises PoolTooLarge.
    """
    contract_ids, states = _connected(contract_id, books)
    also = also_minor or {}
    exposures = [exposure(one, books.contract(one), also.get(one, 0)) for one in contract_ids]
    return Secured(
        on=on,
        states=states,
        items=tuple(pool_item(each, index_value(each, books, on), on) for each in states.values()),
        pledges=tuple(pool_pledges(states.values())),
        exposures=tuple(exposures),
    )


def exposure(contract_id: str, contract: ContractState, also_minor: int = 0) -> Exposure:
    """What a contract owes, with what is to be added, in its currency."""
    return Exposure(
        loan_id=contract_id,
        exposure_minor=max(0, contract.outstanding_minor) + also_minor,
        currency=contract.application.currency if contract.application else "CNY",
    )


def index_value(state: ItemState, books: Books, on: datetime.date) -> int | None:
    """The value on a day of the index that an item follows."""
    index_id = state.valuation.index_id if state.valuation else None
    return None if index_id is None else books.price_index(index_id).on(on)


def _connected(contract_id: str, books: Books) -> tuple[list[str], dict[str, ItemState]]:
    """From contract to item to contract, until nothing new is met."""
    contract_ids, states = {contract_id: None}, dict[str, ItemState]()
    waiting = [contract_id]
    while waiting:
        for item_id, _ in books.security(waiting.pop()).pledged:
            if item_id in states:
                continue
            states[item_id] = books.collateral(item_id)
            for each in states[item_id].pledges:
                if each.contract_id not in contract_ids:
                    contract_ids[each.contract_id] = None
                    waiting.append(each.contract_id)
        if len(contract_ids) + len(states) > MEMBERS_MAX:
            raise PoolTooLarge(max_members=MEMBERS_MAX, contract_id=contract_id)
    return list(contract_ids), states


def require_covered_draw(
    drawn: OnLoan,
    product: LoanProduct,
    instalments: int,
    books: Books,
    at: Moment,
    also_minor: Mapping[str, int] | None = None,
) -> None:
    """Pledges reach what the product asks, with what is drawn; land rights outlast it.

    ``also_minor`` is what else the act changes of what contracts owe. Raises CoverageShort,
    LandRightTooShort, PoolTooLarge.
    """
    contract_id = drawn.contract_id
    for state in _own_items(contract_id, books):
        require_land_for_term(state, term_months(product, instalments), at)
    if product.coverage_bp:
        also = dict(also_minor or {})
        also[contract_id] = also.get(contract_id, 0) + drawn.principal_change_minor
        cover = secured(contract_id, books, at.booking_date, also).cover(contract_id)
        require_cover(contract_id, cover, product.coverage_bp)


def _own_items(contract_id: str, books: Books) -> Iterable[ItemState]:
    return (books.collateral(item_id) for item_id, _ in books.security(contract_id).pledged)


def term_months(product: LoanProduct, instalments: int) -> int:
    """Whole months that a loan of so many instalments runs, rounded up."""
    every = product.terms.get("every") or {"months": 1}
    days = int(every.get("weeks", 0)) * 7 + int(every.get("days", 0))
    of_days = rounded(days * instalments * 12, 365, Rounding.UP)
    return int(every.get("months", 0)) * instalments + of_days
