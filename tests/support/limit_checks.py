"""What must hold of limits, in any tree under any uses: one check each, true or false.

A check takes the rules as an argument, so that it can be tried on rules with a defect.
Source: the bank's limit rules, as in the docstring of ``kernel.limits.tree``.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from kernel.common.limit_uses import LimitUse, UseKind
from kernel.common.refusals import Refusal
from kernel.limits.tree import (
    Limit,
    LimitKind,
    LimitTree,
    require_headroom,
    tallied,
)

DAY = datetime.date(2026, 3, 2)
RESERVE, RELEASE, USE, RESTORE = UseKind


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """Limits, what happened to them, and what is asked next."""

    limits: tuple[Limit, ...]
    uses: tuple[LimitUse, ...]
    asked: LimitUse


class Rules(NamedTuple):
    """The rules under test, or some with a defect."""

    used: Callable[[Story, str], int]
    headroom: Callable[[Story, str], int]
    refusal: Callable[[Story], Mapping[str, str | int] | None]


def tree(story: Story) -> LimitTree:
    """The tree of a story."""
    return LimitTree(story.limits, tallied(story.uses))


def refusal(story: Story) -> Mapping[str, str | int] | None:
    """The figures of the no, or nothing for a yes."""
    try:
        require_headroom(tree(story), story.asked, DAY)
    except Refusal as said:
        return said.figures
    return None


REAL = Rules(
    lambda story, limit_id: tree(story).utilisation_minor(limit_id),
    lambda story, limit_id: tree(story).headroom(limit_id).available_minor,
    refusal,
)


# -- an independent reading of the rules, by plain sums


def summed(uses: Sequence[LimitUse], kind: UseKind) -> int:
    """All amounts of one kind."""
    return sum(use.amount_minor for use in uses if use.kind is kind)


def expected_used(story: Story, limit_id: str) -> int:
    """Contract by contract and limit by limit: drawn, and promised but not drawn."""
    limits = {limit.limit_id: limit for limit in story.limits}
    total = 0
    for own in story.limits:
        if limit_id not in above(limits, own.limit_id):
            continue
        uses_here = [use for use in story.uses if use.limit_id == own.limit_id]
        for contract in {use.contract_id for use in uses_here}:
            uses = [use for use in uses_here if use.contract_id == contract]
            drawn, repaid = summed(uses, USE), summed(uses, RESTORE)
            promised = summed(uses, RESERVE) - summed(uses, RELEASE)
            owed = max(drawn - repaid, 0)
            gone = drawn if limits[limit_id].kind is LimitKind.SINGLE else owed
            gone_here = max(gone, drawn if own.kind is LimitKind.SINGLE else owed)
            undrawn = max(promised - gone_here, 0)
            total += gone - (-undrawn * own.undrawn_ccf_bp // 10_000)
    return total


def above(limits: Mapping[str, Limit], limit_id: str) -> list[str]:
    """The limit and its ancestors."""
    parent = limits[limit_id].parent_limit_id
    return [limit_id, *(above(limits, parent) if parent else [])]


# -- the checks


def used_is_the_sum(rules: Rules, story: Story) -> bool:
    """Utilisation is what the uses of the limit and of all below it add up to."""
    return all(
        rules.used(story, each.limit_id) == expected_used(story, each.limit_id)
        for each in story.limits
    )


def headroom_is_the_least(rules: Rules, story: Story) -> bool:
    """Headroom is the least that is left on the way to the root."""
    limits = {each.limit_id: each for each in story.limits}
    return all(
        rules.headroom(story, limit_id)
        == min(
            limits[each].amount_minor - REAL.used(story, each) for each in above(limits, limit_id)
        )
        for limit_id in limits
    )


def yes_never_exceeds(rules: Rules, story: Story) -> bool:
    """After a yes no limit is exceeded that was not so, and none of the exceeded is worse off."""
    if rules.refusal(story) is not None:
        return True
    after = replace(story, uses=(*story.uses, story.asked))
    for limit in story.limits:
        was, now = REAL.used(story, limit.limit_id), REAL.used(after, limit.limit_id)
        if now > max(was, limit.amount_minor):
            return False
    return True


def no_is_needed(rules: Rules, story: Story) -> bool:
    """A no names a limit that the use would exceed, and what was asked of it and left."""
    said = rules.refusal(story)
    if said is None:
        return True
    after = replace(story, uses=(*story.uses, story.asked))
    limit_id = str(said["limit_id"])
    amount = {each.limit_id: each.amount_minor for each in story.limits}[limit_id]
    was, now = REAL.used(story, limit_id), REAL.used(after, limit_id)
    return (
        now > amount
        and said["asked_minor"] == now - was
        and said["available_minor"] == (amount - was)
    )


def order_is_nothing(rules: Rules, story: Story) -> bool:
    """Limits and uses told in another order give the same utilisation and the same answer."""
    turned = replace(story, limits=story.limits[::-1], uses=story.uses[::-1])
    return rules.refusal(story) == rules.refusal(turned) and all(
        rules.used(story, each.limit_id) == rules.used(turned, each.limit_id)
        for each in story.limits
    )


Check = Callable[[Rules, Story], bool]
CHECKS: tuple[Check, ...] = (
    used_is_the_sum,
    headroom_is_the_least,
    yes_never_exceeds,
    no_is_needed,
    order_is_nothing,
)
