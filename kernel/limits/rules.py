"""The decisions on limits: open, adjust, freeze, close; and whether a contract may use one.

Units: whole minor units.
Source: 银监会令2010年第1号 and its successors (one limit per customer or group, 统一授信).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kernel.common.limit_uses import LimitUse
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput
from kernel.limits.commands import (
    AdjustLimit,
    CloseLimit,
    FreezeLimit,
    HolderKind,
    OpenLimit,
    SetCapital,
    SetGroupMembers,
    UnfreezeLimit,
)
from kernel.limits.events import (
    CapitalSet,
    GroupMembersSet,
    LimitAdjusted,
    LimitClosed,
    LimitFrozen,
    LimitOpened,
    LimitUnfrozen,
)
from kernel.limits.refusals import (
    GroupNotFound,
    LimitCurrencyMismatch,
    LimitDuplicate,
    LimitFrozenAlready,
    LimitHolderMismatch,
    LimitIsClosed,
    LimitNotFound,
    LimitNotFrozen,
    LimitStillUsed,
    LimitTooDeep,
)
from kernel.limits.state import GroupState, LimitState
from kernel.limits.tree import Limit, LimitKind, require_room_on_path

MAX_LEVELS = 8


def require_limit(state: LimitState, limit_id: str) -> Limit:
    """The limit, which exists and was not closed."""
    if state.limit is None:
        raise LimitNotFound(limit_id=limit_id)
    if state.is_closed:
        raise LimitIsClosed(limit_id=limit_id)
    return state.limit


def require_group(state: GroupState, group_id: str) -> None:
    """The group exists."""
    if not state.customer_ids:
        raise GroupNotFound(group_id=group_id)


def require_holder(
    state: LimitState, limit_id: str, customer_ids: Sequence[str], group_ids: Collection[str]
) -> None:
    """One of the customers holds the limit, or one of the groups that they belong to."""
    holders = customer_ids if state.holder_kind == HolderKind.CUSTOMER else group_ids
    if state.holder_id not in holders:
        raise LimitHolderMismatch(
            limit_id=limit_id,
            holder_kind=state.holder_kind,
            holder_id=state.holder_id,
            asked_id=customer_ids[0],
        )


def require_room(path: Sequence[LimitState], use: LimitUse, at: Moment) -> None:
    """A reservation or draw passes the limit and all above it on the booking date.

    Raises LimitNotFound, LimitIsClosed and what ``require_room_on_path`` raises.
    """
    for limit_id, state in zip(path[0].path or (use.limit_id,), path, strict=True):
        require_limit(state, limit_id)
    before = path[0].tally(use.limit_id, use.contract_id)
    require_room_on_path([each.on_path for each in path], before, use, at.booking_date)


def open_limit(
    command: OpenLimit, state: LimitState, parent: LimitState | None, group_ids: Collection[str]
) -> LimitOpened:
    """Grant a limit to a known holder; ``group_ids`` are the groups of a customer who holds it.

    A limit below another is held by the same holder, or by a member of the group above.
    """
    if state.limit is not None:
        raise LimitDuplicate(limit_id=command.limit_id)
    if command.valid_from >= command.valid_until:
        raise InvalidInput(("valid_until", "must lie behind valid_from"))
    path: tuple[str, ...] = (command.limit_id,)
    if parent is not None:
        path += parent.path
        _require_fitting(command, parent, group_ids, len(path))
    return LimitOpened(
        path=path,
        holder_kind=command.holder_kind.value,
        holder_id=command.holder_id,
        limit_kind=command.limit_kind.value,
        amount_minor=command.amount_minor,
        currency=command.currency,
        valid_from=command.valid_from,
        valid_until=command.valid_until,
        undrawn_ccf_bp=command.undrawn_ccf_bp,
    )


def _require_fitting(
    command: OpenLimit, parent: LimitState, group_ids: Collection[str], levels: int
) -> None:
    parent_id = str(command.parent_limit_id)
    above = require_limit(parent, parent_id)
    if above.currency != command.currency:
        raise LimitCurrencyMismatch(
            limit_id=parent_id, limit_currency=above.currency, asked_currency=command.currency
        )
    if levels > MAX_LEVELS:
        raise LimitTooDeep(limit_id=command.limit_id, level=levels, max_levels=MAX_LEVELS)
    if command.holder_kind is HolderKind.GROUP:
        group_ids = (command.holder_id,)
    customers = (command.holder_id,)
    if command.holder_kind is HolderKind.GROUP and parent.holder_kind == HolderKind.CUSTOMER:
        group_ids, customers = (), ("",)
    require_holder(parent, parent_id, customers, group_ids)


def adjust_limit(command: AdjustLimit, state: LimitState) -> LimitAdjusted:
    """Another amount or another end; it may be below what is used."""
    limit = require_limit(state, command.limit_id)
    if command.amount_minor is None and command.valid_until is None:
        raise InvalidInput(("amount_minor", "nothing is to be adjusted"))
    valid_until = command.valid_until or limit.valid_until
    if valid_until <= limit.valid_from:
        raise InvalidInput(("valid_until", "must lie behind valid_from"))
    return LimitAdjusted(
        path=state.path,
        amount_minor=command.amount_minor or limit.amount_minor,
        valid_until=valid_until,
        reason=command.reason,
    )


def freeze_limit(command: FreezeLimit, state: LimitState) -> LimitFrozen:
    """One more reason not to lend."""
    require_limit(state, command.limit_id)
    if command.trigger in state.freezes:
        raise LimitFrozenAlready(limit_id=command.limit_id, trigger=command.trigger.value)
    return LimitFrozen(path=state.path, trigger=command.trigger.value, reason=command.reason)


def unfreeze_limit(command: UnfreezeLimit, state: LimitState) -> LimitUnfrozen:
    """A reason not to lend is gone; others stay."""
    require_limit(state, command.limit_id)
    if command.trigger not in state.freezes:
        raise LimitNotFrozen(limit_id=command.limit_id, trigger=command.trigger.value)
    return LimitUnfrozen(path=state.path, trigger=command.trigger.value, reason=command.reason)


def close_limit(command: CloseLimit, state: LimitState) -> LimitClosed:
    """End a limit under which nothing is owed or promised, and below which nothing is open."""
    require_limit(state, command.limit_id)
    tallies = [(state.below[limit_id].kind, tally) for limit_id, _, tally in state.each_tally()]
    outstanding = sum(tally.outstanding_minor for _, tally in tallies)
    undrawn = sum(tally.undrawn_minor(kind is LimitKind.REVOLVING) for kind, tally in tallies)
    if outstanding or undrawn or state.open_below:
        raise LimitStillUsed(
            limit_id=command.limit_id,
            outstanding_minor=outstanding,
            undrawn_minor=undrawn,
            open_below=state.open_below,
        )
    return LimitClosed(path=state.path, reason=command.reason)


def set_group_members(command: SetGroupMembers, state: GroupState) -> GroupMembersSet:
    """The group as it is from now on."""
    if len(set(command.customer_ids)) < len(command.customer_ids):
        raise InvalidInput(("customer_ids", "names a customer twice"))
    left = tuple(one for one in state.customer_ids if one not in command.customer_ids)
    return GroupMembersSet(
        group_id=command.group_id, customer_ids=command.customer_ids, left_customer_ids=left
    )


def set_capital(command: SetCapital) -> CapitalSet:
    """The capital from a day; said again for the same day, the later word counts."""
    if command.tier_1_minor > command.net_capital_minor:
        raise InvalidInput(("tier_1_minor", "is a part of net_capital_minor"))
    return CapitalSet(
        effective_from=command.effective_from,
        net_capital_minor=command.net_capital_minor,
        tier_1_minor=command.tier_1_minor,
        source=command.source,
    )
