"""Restraints on an account: which of them bind on a day, and how much they bind.

Units: whole minor units; None means the whole account.
Source: 银发〔2016〕86号 (emergency stop); Civil Procedure Law and the courts' rules on queued
freezes (轮候冻结): the next in line takes effect by itself when the one before it ends.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

import msgspec

from kernel.accounts.commands import RestraintDirection, RestraintKind

FREEZES = (RestraintKind.JUDICIAL_FREEZE, RestraintKind.QUEUED_FREEZE)


class Restraint(msgspec.Struct, frozen=True, kw_only=True):
    """One restraint as it was placed.

    ``expires_on`` is the first day on which it no longer binds. For a queued freeze the term is
    counted from the day it takes effect: ``term_days`` from placing to ``expires_on``.
    """

    kind: RestraintKind
    authority: str
    direction: RestraintDirection
    amount_minor: int | None
    placed_on: datetime.date
    expires_on: datetime.date | None
    placed_by: str
    lifted_on: datetime.date | None = None

    @property
    def term_days(self) -> int | None:
        """Days that it lasts once it takes effect; None: until lifted."""
        return None if self.expires_on is None else (self.expires_on - self.placed_on).days


def binding(restraints: Mapping[str, Restraint], on: datetime.date) -> dict[str, Restraint]:
    """Those that bind on the day: by date for most, by place in the queue for freezes.

    Freezes of the queue bind one after another, in the order of their arrival; ordinary judicial
    freezes bind from their placing.
    """
    bound: dict[str, Restraint] = {}
    free_from = datetime.date.min
    for restraint_id, one in restraints.items():
        start, end = one.placed_on, one.expires_on
        if one.kind is RestraintKind.QUEUED_FREEZE:
            start = max(one.placed_on, free_from)
            if one.term_days is not None and start < datetime.date.max:
                end = start + datetime.timedelta(days=one.term_days)
        if one.lifted_on is not None:
            end = one.lifted_on if end is None else min(end, one.lifted_on)
        if one.kind in FREEZES:
            free_from = max(free_from, end or datetime.date.max)
        if start <= on and (end is None or on < end):
            bound[restraint_id] = one
    return bound


def stopping(bound: Mapping[str, Restraint], direction: RestraintDirection) -> list[str]:
    """Ids of the whole-account restraints that stop the direction."""
    return [
        restraint_id
        for restraint_id, one in bound.items()
        if one.amount_minor is None and one.direction in (direction, RestraintDirection.BOTH)
    ]


def bound_minor(bound: Iterable[Restraint]) -> int:
    """Sum of the amounts that are frozen; a freeze of an amount captures later credits, too."""
    return sum(
        one.amount_minor
        for one in bound
        if one.amount_minor is not None and one.direction is not RestraintDirection.CREDIT
    )
