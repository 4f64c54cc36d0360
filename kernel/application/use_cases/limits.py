"""Use cases of limits; and what a signature or a draw asks of them.

Units: whole minor units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kernel.application.books import Books
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.limit_uses import UseKind
from kernel.common.moment import Moment
from kernel.customers.rules import require_customer
from kernel.limits import commands, rules
from kernel.limits.commands import HolderKind
from kernel.limits.state import LimitState, after_uses

Events = tuple[Event, ...]


class Excess(NamedTuple):
    """The limit that is exceeded the most, and by how much; empty and 0 for none."""

    limit_id: str
    minor: int


def groups_of(customer_ids: Sequence[str], books: Books) -> tuple[str, ...]:
    """The groups that any of the customers belongs to now."""
    named = dict.fromkeys(
        group_id for one in customer_ids for group_id in books.membership(one).group_ids
    )
    return tuple(
        group_id
        for group_id in named
        if not set(customer_ids).isdisjoint(books.group(group_id).customer_ids)
    )


def path_for(limit_id: str | None, borrowers: Sequence[str], books: Books) -> tuple[str, ...]:
    """The limit and all above it, nearest first, if one of the borrowers may use it.

    Empty without a limit. Raises LimitNotFound, LimitIsClosed, LimitHolderMismatch.
    """
    if limit_id is None:
        return ()
    state = books.limit(limit_id)
    rules.require_limit(state, limit_id)
    rules.require_holder(state, limit_id, borrowers, groups_of(borrowers, books))
    return state.path


def require_room(event: Event, books: Books, at: Moment) -> None:
    """Everything that the event sets aside or draws passes its limit and all above it.

    What the same event gives back makes room first, as a refinancing does for its new loan.
    """
    back = [use for use in event.limit_uses if use.kind in (UseKind.RESTORE, UseKind.RELEASE)]
    for use in event.limit_uses:
        if use.kind in (UseKind.RESERVE, UseKind.USE):
            path = [after_uses(state, back) for state in _path(books.limit(use.limit_id), books)]
            rules.require_room(path, use, at)


def exceeded(event: Event, books: Books) -> Excess:
    """By how much the event's uses leave its limits over, and which one the most; nothing refused.

    For what is a fact already, such as a loan that is taken over.
    """
    over = Excess("", 0)
    for use in event.limit_uses:
        for state in _path(books.limit(use.limit_id), books):
            left = after_uses(state, event.limit_uses).on_path.left_minor
            if -left > over.minor:
                over = Excess(state.path[0], -left)
    return over


def _path(limit: LimitState, books: Books) -> list[LimitState]:
    """The limit and those above it; the number of levels is bounded when a limit is opened."""
    return [limit, *(books.limit(above) for above in limit.path[1:])]


def open_limit(command: commands.OpenLimit, books: Books, at: Moment) -> Events:
    """Grant a limit."""
    groups: tuple[str, ...] = ()
    if command.holder_kind is HolderKind.CUSTOMER:
        require_customer(books.customer(command.holder_id), command.holder_id)
        groups = groups_of([command.holder_id], books)
    else:
        rules.require_group(books.group(command.holder_id), command.holder_id)
    parent = None if command.parent_limit_id is None else books.limit(command.parent_limit_id)
    return (rules.open_limit(command, books.limit(command.limit_id), parent, groups),)


def adjust_limit(command: commands.AdjustLimit, books: Books, at: Moment) -> Events:
    """Change a limit."""
    return (rules.adjust_limit(command, books.limit(command.limit_id)),)


def freeze_limit(command: commands.FreezeLimit, books: Books, at: Moment) -> Events:
    """Freeze a limit."""
    return (rules.freeze_limit(command, books.limit(command.limit_id)),)


def unfreeze_limit(command: commands.UnfreezeLimit, books: Books, at: Moment) -> Events:
    """Take one reason to freeze away."""
    return (rules.unfreeze_limit(command, books.limit(command.limit_id)),)


def close_limit(command: commands.CloseLimit, books: Books, at: Moment) -> Events:
    """End a limit."""
    return (rules.close_limit(command, books.limit(command.limit_id)),)


def set_group_members(command: commands.SetGroupMembers, books: Books, at: Moment) -> Events:
    """Say who belongs to a group."""
    for customer_id in command.customer_ids:
        require_customer(books.customer(customer_id), customer_id)
    return (rules.set_group_members(command, books.group(command.group_id)),)


def set_capital(command: commands.SetCapital, books: Books, at: Moment) -> Events:
    """Say what concentration is measured against."""
    return (rules.set_capital(command),)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.OpenLimit: open_limit,
    commands.AdjustLimit: adjust_limit,
    commands.FreezeLimit: freeze_limit,
    commands.UnfreezeLimit: unfreeze_limit,
    commands.CloseLimit: close_limit,
    commands.SetGroupMembers: set_group_members,
    commands.SetCapital: set_capital,
}
