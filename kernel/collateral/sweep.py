"""How every contract of the bank is covered, in one go: what the close of a day watches.

The same cover as ``coverage.allocate`` gives, contract by contract. Nearly all contracts have
items of their own, and what these reach is a sum; only what is shared goes to the allocation.

Units: whole minor units of one currency.
"""

from __future__ import annotations

from collections.abc import Iterable

from kernel.collateral.coverage import LoanCover, allocate
from kernel.collateral.pool import Exposure, Item, Pledge


def covers(
    items: Iterable[Item], pledges: Iterable[Pledge], exposures: Iterable[Exposure]
) -> dict[str, LoanCover]:
    """Cover by contract, every exposure's.

    Expects ids that fit together, as states give them. Raises what ``allocate`` raises, for what
    is shared.

    >>> flat = Item(item_id="F", lendable_minor=80)
    >>> pledge = Pledge(item_id="F", loan_id="K", rank=1)
    >>> covers([flat], [pledge], [Exposure(loan_id="K", exposure_minor=50)])["K"].spare_minor
    30
    """
    item_of = {each.item_id: each for each in items}
    pledges_of: dict[str, list[Pledge]] = {}
    contracts_of: dict[str, set[str]] = {}
    for pledge in pledges:
        pledges_of.setdefault(pledge.loan_id, []).append(pledge)
        contracts_of.setdefault(pledge.item_id, set()).add(pledge.loan_id)
    found: dict[str, LoanCover] = {}
    sharing: list[Exposure] = []
    for exposure in exposures:
        own = pledges_of.get(exposure.loan_id, [])
        if all(len(contracts_of[pledge.item_id]) == 1 for pledge in own):
            found[exposure.loan_id] = _alone(exposure, own, item_of)
        else:
            sharing.append(exposure)
    shared = [pledge for each in sharing for pledge in pledges_of[each.loan_id]]
    ids = dict.fromkeys(pledge.item_id for pledge in shared)
    made = allocate([item_of[item_id] for item_id in ids], shared, sharing)
    return found | {each.loan_id: each for each in made.loans}


def _alone(exposure: Exposure, pledges: list[Pledge], item_of: dict[str, Item]) -> LoanCover:
    """A contract whose items secure nothing else: each gives what it lends, up to its pledges."""
    most: dict[str, int] = {}
    for pledge in pledges:
        lendable = item_of[pledge.item_id].lendable_minor
        maximum = pledge.maximum_amount_minor
        capacity = lendable if maximum is None else maximum
        most[pledge.item_id] = min(lendable, most.get(pledge.item_id, 0) + capacity)
    reach = sum(most.values())
    covered = min(reach, exposure.exposure_minor)
    return LoanCover(
        loan_id=exposure.loan_id,
        exposure_minor=exposure.exposure_minor,
        covered_minor=covered,
        spare_minor=reach - covered,
    )
