"""The states of a limit, a group, a customer's groups, and the bank's capital, folded from the log.

A limit folds the uses of whatever event names it: those under itself and those under any limit
below it. So the utilisation of every ancestor stands in its own state, by the arithmetic of
``tree`` and by nothing else.

Units: whole minor units of the limit's currency.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator

import msgspec

from kernel.common.facts import Fact
from kernel.common.limit_uses import LimitUse
from kernel.limits.events import (
    CapitalSet,
    GroupMembersSet,
    LimitAdjusted,
    LimitClosed,
    LimitFrozen,
    LimitOpened,
    LimitUnfrozen,
    OnLimit,
)
from kernel.limits.tree import Limit, LimitKind, PathLimit, Tally, counted_minor

NO_TALLY = Tally()
Tallies = dict[str, dict[str, dict[str, Tally]]]
"""By the end of the contract's id, then by contract and limit: an act copies one small part."""


class LimitState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A limit and what counts on it.

    ``below`` holds it and every limit below it as they were opened: only their kind and their
    conversion factor matter here, and these never change. ``open_below`` counts those not closed.
    """

    limit: Limit | None = None
    path: tuple[str, ...] = ()
    holder_kind: str = ""
    holder_id: str = ""
    freezes: tuple[str, ...] = ()
    is_closed: bool = False
    below: dict[str, Limit] = msgspec.field(default_factory=dict)
    open_below: int = 0
    used_minor: int = 0
    tallies: Tallies = msgspec.field(default_factory=dict)

    def tally(self, limit_id: str, contract_id: str) -> Tally:
        """The sums of a contract on a limit at or below this one."""
        of_contract = self.tallies.get(_part(contract_id), {}).get(contract_id, {})
        return of_contract.get(limit_id, NO_TALLY)

    def each_tally(self) -> Iterator[tuple[str, str, Tally]]:
        """Limit, contract and sums, of all that was ever used."""
        for part in self.tallies.values():
            for contract_id, by_limit in part.items():
                for limit_id, tally in by_limit.items():
                    yield limit_id, contract_id, tally

    @property
    def on_path(self) -> PathLimit:
        """The limit with its use, as the headroom rule takes it; only of a limit that exists."""
        assert self.limit is not None
        return PathLimit(limit=self.limit, used_minor=self.used_minor)


class GroupState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The customers of a group."""

    customer_ids: tuple[str, ...] = ()


class MembershipState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The groups that named a customer at some time; whether it still belongs, the group says."""

    group_ids: tuple[str, ...] = ()


class Capital(msgspec.Struct, frozen=True, kw_only=True):
    """What concentration is measured against, from a day."""

    effective_from: datetime.date
    net_capital_minor: int
    tier_1_minor: int


class CapitalState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that was said of the capital, in the order of saying."""

    rows: tuple[Capital, ...] = ()

    def on(self, day: datetime.date) -> Capital | None:
        """The capital in force on a day: of the latest effective date, what was said last."""
        rows = [row for row in self.rows if row.effective_from <= day]
        return max(reversed(rows), key=lambda row: row.effective_from, default=None)


INITIAL = LimitState()
NO_GROUP = GroupState()
NO_MEMBERSHIP = MembershipState()
NO_CAPITAL = CapitalState()


def evolve(state: LimitState, fact: Fact) -> LimitState:
    """Fold one fact: what it says about the limit, and what it uses of it."""
    event = fact.event
    if isinstance(event, OnLimit):
        return _told(state, event)
    return after_uses(state, event.limit_uses)


def after_uses(state: LimitState, uses: Iterable[LimitUse]) -> LimitState:
    """The state after acts on it or on limits below it; others change nothing."""
    for use in uses:
        state = _used(state, use)
    return state


def _told(state: LimitState, event: OnLimit) -> LimitState:
    """A limit event, about this limit or about one below it."""
    replace = msgspec.structs.replace
    is_own = event.path == state.path or not state.path
    match event:
        case LimitOpened():
            opened = _limit_of(event)
            if is_own:
                return LimitState(
                    limit=opened,
                    path=event.path,
                    holder_kind=event.holder_kind,
                    holder_id=event.holder_id,
                    below={opened.limit_id: opened},
                )
            below = {**state.below, opened.limit_id: opened}
            return replace(state, below=below, open_below=state.open_below + 1)
        case LimitClosed() if not is_own:
            return replace(state, open_below=state.open_below - 1)
        case LimitClosed():
            return replace(state, is_closed=True)
        case _ if not is_own or state.limit is None:
            return state
        case LimitAdjusted():
            limit = replace(
                state.limit, amount_minor=event.amount_minor, valid_until=event.valid_until
            )
            return replace(state, limit=limit)
        case LimitFrozen():
            return _frozen(state, tuple(dict.fromkeys((*state.freezes, event.trigger))))
        case LimitUnfrozen():
            return _frozen(state, tuple(one for one in state.freezes if one != event.trigger))
        case _:
            return state


def _frozen(state: LimitState, freezes: tuple[str, ...]) -> LimitState:
    assert state.limit is not None
    limit = msgspec.structs.replace(state.limit, is_frozen=bool(freezes))
    return msgspec.structs.replace(state, freezes=freezes, limit=limit)


def _limit_of(event: LimitOpened) -> Limit:
    return Limit(
        limit_id=event.limit_id,
        parent_limit_id=event.path[1] if len(event.path) > 1 else None,
        amount_minor=event.amount_minor,
        kind=LimitKind(event.limit_kind),
        currency=event.currency,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
        undrawn_ccf_bp=event.undrawn_ccf_bp,
    )


def _used(state: LimitState, use: LimitUse) -> LimitState:
    """One act of a contract, under this limit or under one below it."""
    own, limit = state.below.get(use.limit_id), state.limit
    if own is None or limit is None:
        return state
    before = state.tally(use.limit_id, use.contract_id)
    after = before.plus(use)
    part = dict(state.tallies.get(_part(use.contract_id), {}))
    part[use.contract_id] = {**part.get(use.contract_id, {}), use.limit_id: after}
    change = counted_minor(after, own, limit) - counted_minor(before, own, limit)
    return msgspec.structs.replace(
        state,
        used_minor=state.used_minor + change,
        tallies={**state.tallies, _part(use.contract_id): part},
    )


def _part(contract_id: str) -> str:
    return contract_id[-2:]


def evolve_group(state: GroupState, fact: Fact) -> GroupState:
    """Fold one fact; events of other areas change nothing."""
    event = fact.event
    if isinstance(event, GroupMembersSet):
        return GroupState(customer_ids=event.customer_ids)
    return state


def evolve_membership(state: MembershipState, fact: Fact) -> MembershipState:
    """Fold one fact; events of other areas change nothing."""
    event = fact.event
    if isinstance(event, GroupMembersSet):
        return MembershipState(group_ids=tuple(dict.fromkeys((*state.group_ids, event.group_id))))
    return state


def evolve_capital(state: CapitalState, fact: Fact) -> CapitalState:
    """Fold one fact; events of other areas change nothing."""
    event = fact.event
    if isinstance(event, CapitalSet):
        row = Capital(
            effective_from=event.effective_from,
            net_capital_minor=event.net_capital_minor,
            tier_1_minor=event.tier_1_minor,
        )
        return CapitalState(rows=(*state.rows, row))
    return state


def invariants(state: LimitState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    if state.limit is None:
        assert state == INITIAL, "a limit begins with its opening"
        return
    counted = sum(
        counted_minor(tally, state.below[limit_id], state.limit)
        for limit_id, _, tally in state.each_tally()
    )
    assert state.used_minor == counted, f"{state.used_minor} is not {counted}"
    assert 0 <= state.open_below < len(state.below), state.open_below
    assert state.limit.is_frozen == bool(state.freezes), state.freezes
