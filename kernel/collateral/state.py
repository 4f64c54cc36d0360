"""The states of an item, a price index and the security of a contract, folded from the log.

Units: whole minor units of the item's currency. What an item lends on a day, and what of a
contract it covers, is never stored: see ``lending_value`` and ``coverage``.
"""

from __future__ import annotations

import datetime
from enum import StrEnum

import msgspec

from kernel.collateral.events import (
    CollateralLiquidated,
    CollateralPledged,
    CollateralRegistered,
    CollateralRevalued,
    CollateralValued,
    CustodyRecorded,
    InsuranceRecorded,
    LandRight,
    MarginCallClosed,
    MarginCallRaised,
    PledgePerfected,
    PledgeReleased,
    PriceIndexPublished,
    PriorClaimSet,
)
from kernel.collateral.policy import CollateralKind
from kernel.common.facts import Fact


class Valuation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value in force, where it comes from, and the index that it follows."""

    value_minor: int
    valued_on: datetime.date
    source: str
    valuation_method: str
    confidence_bp: int
    valid_until: datetime.date
    haircut_bp: int = 0
    index_id: str | None = None
    base_index: int | None = None


class PledgeHeld(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pledge that stands."""

    contract_id: str
    rank: int
    maximum_amount_minor: int | None = None
    registered_on: datetime.date | None = None
    registration_number: str = ""


class Insurance(msgspec.Struct, frozen=True, kw_only=True):
    """The insurance recorded last."""

    policy_number: str
    insurer: str
    insured_minor: int
    expires_on: datetime.date


class ItemState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item of collateral. ``prior_claims`` by creditor; ``proceeds_minor`` once it was sold."""

    item_id: str = ""
    kind: CollateralKind | None = None
    owner_id: str = ""
    currency: str = ""
    description: str = ""
    land_right: LandRight | None = None
    needs_insurance: bool = False
    valuation: Valuation | None = None
    prior_claims: dict[str, int] = msgspec.field(default_factory=dict)
    insurance: Insurance | None = None
    custodian: str = ""
    custody_place: str = ""
    pledges: tuple[PledgeHeld, ...] = ()
    proceeds_minor: int | None = None

    def pledge(self, contract_id: str, rank: int) -> PledgeHeld | None:
        """The pledge for a contract at a rank, if it stands."""
        for each in self.pledges:
            if (each.contract_id, each.rank) == (contract_id, rank):
                return each
        return None


class PriceIndexState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was published of an index: pairs of day and value, in the order of arrival."""

    published: tuple[tuple[datetime.date, int], ...] = ()

    def on(self, day: datetime.date) -> int | None:
        """The value in force on a day: of the latest publication, what was said last."""
        until = [each for each in reversed(self.published) if each[0] <= day]
        latest = max(until, key=lambda each: each[0], default=None)
        return None if latest is None else latest[1]


class StepKind(StrEnum):
    """What happened to the security of a contract."""

    CALLED = "CALLED"
    CURED = "CURED"
    LIQUIDATED = "LIQUIDATED"


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the timeline. ``amount_minor``: lendable value asked, or money repaid."""

    kind: StepKind
    on: datetime.date
    position: int
    amount_minor: int
    item_id: str = ""
    due_on: datetime.date | None = None


class SecurityState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What secures a contract: items with ranks, the open margin call, and the timeline."""

    pledged: tuple[tuple[str, int], ...] = ()
    call_due_on: datetime.date | None = None
    steps: tuple[Step, ...] = ()


NO_ITEM = ItemState()
NO_INDEX = PriceIndexState()
NO_SECURITY = SecurityState()


def evolve_item(state: ItemState, fact: Fact) -> ItemState:
    """Fold one fact; events of other areas change nothing."""
    replace, event = msgspec.structs.replace, fact.event
    match event:
        case CollateralRevalued():
            return _repriced(state, event, fact.booking_date)
        case CollateralRegistered():
            return ItemState(
                item_id=event.item_id,
                kind=CollateralKind(event.kind),
                owner_id=event.owner_id,
                currency=event.currency,
                description=event.description,
                land_right=event.land_right,
                needs_insurance=event.needs_insurance,
            )
        case CollateralValued():
            return replace(state, valuation=_valuation(event, fact.booking_date))
        case PriorClaimSet():
            claims = {**state.prior_claims, event.creditor: event.amount_minor}
            return replace(state, prior_claims={who: it for who, it in claims.items() if it})
        case InsuranceRecorded():
            insurance = Insurance(
                policy_number=event.policy_number,
                insurer=event.insurer,
                insured_minor=event.insured_minor,
                expires_on=event.expires_on,
            )
            return replace(state, insurance=insurance)
        case CustodyRecorded():
            return replace(state, custodian=event.custodian, custody_place=event.place)
        case CollateralPledged() | PledgePerfected() | PledgeReleased():
            return replace(state, pledges=_pledges(state, event))
        case CollateralLiquidated():
            return replace(state, pledges=(), proceeds_minor=event.proceeds_minor)
        case _:
            return state


def _valuation(event: CollateralValued, on: datetime.date) -> Valuation:
    return Valuation(
        value_minor=event.value_minor,
        valued_on=on,
        source=event.source,
        valuation_method=event.valuation_method,
        confidence_bp=event.confidence_bp,
        valid_until=event.valid_until,
        haircut_bp=event.haircut_bp,
        index_id=event.index_id,
        base_index=event.base_index,
    )


def _repriced(state: ItemState, event: CollateralRevalued, on: datetime.date) -> ItemState:
    """A price of a file takes the place of the value; the haircut stays, an index goes."""
    value_minor = event.value_of(state.item_id)
    if value_minor is None:
        return state
    valuation = Valuation(
        value_minor=value_minor,
        valued_on=on,
        source=event.source,
        valuation_method=event.valuation_method,
        confidence_bp=event.confidence_bp,
        valid_until=event.valid_until,
        haircut_bp=state.valuation.haircut_bp if state.valuation else 0,
    )
    return msgspec.structs.replace(state, valuation=valuation)


def _pledges(
    state: ItemState, event: CollateralPledged | PledgePerfected | PledgeReleased
) -> tuple[PledgeHeld, ...]:
    key = event.contract_id, event.rank
    others = tuple(each for each in state.pledges if (each.contract_id, each.rank) != key)
    if isinstance(event, PledgeReleased):
        return others
    before = state.pledge(*key)
    maximum = before.maximum_amount_minor if before else None
    if isinstance(event, CollateralPledged):
        maximum = event.maximum_amount_minor
    held = PledgeHeld(
        contract_id=event.contract_id,
        rank=event.rank,
        maximum_amount_minor=maximum,
        registered_on=event.registered_on,
        registration_number=event.registration_number,
    )
    return (*others, held)


def evolve_index(state: PriceIndexState, fact: Fact) -> PriceIndexState:
    """Fold one fact; events of other areas change nothing."""
    event = fact.event
    if isinstance(event, PriceIndexPublished):
        return PriceIndexState(
            published=(*state.published, (event.published_on, event.index_value))
        )
    return state


def evolve_security(state: SecurityState, fact: Fact) -> SecurityState:
    """Fold one fact; events of other areas change nothing."""
    replace, event = msgspec.structs.replace, fact.event
    match event:
        case CollateralPledged():
            return replace(state, pledged=(*state.pledged, (event.item_id, event.rank)))
        case PledgeReleased():
            gone = event.item_id, event.rank
            return replace(state, pledged=tuple(one for one in state.pledged if one != gone))
        case MarginCallRaised():
            step = _step(fact, StepKind.CALLED, event.add_lendable_minor, due_on=event.due_on)
            return replace(state, call_due_on=event.due_on, steps=(*state.steps, step))
        case MarginCallClosed():
            step = _step(fact, StepKind.CURED, event.covered_minor)
            return replace(state, call_due_on=None, steps=(*state.steps, step))
        case CollateralLiquidated():
            left = tuple(one for one in state.pledged if one[0] != event.item_id)
            step = _step(fact, StepKind.LIQUIDATED, event.repaid_minor, item_id=event.item_id)
            return replace(state, pledged=left, steps=(*state.steps, step))
        case _:
            return state


def _step(
    fact: Fact,
    kind: StepKind,
    amount_minor: int,
    item_id: str = "",
    due_on: datetime.date | None = None,
) -> Step:
    return Step(
        kind=kind,
        on=fact.booking_date,
        position=fact.position,
        amount_minor=amount_minor,
        item_id=item_id,
        due_on=due_on,
    )


def item_invariants(state: ItemState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    keys = [(each.contract_id, each.rank) for each in state.pledges]
    assert len(keys) == len(set(keys)), f"pledged twice: {keys}"
    assert not (state.pledges and state.proceeds_minor is not None), "sold and still pledged"
    assert all(minor > 0 for minor in state.prior_claims.values()), state.prior_claims
