"""The tree of limits: what is used, what is left, and whether a draw passes every ancestor.

Group, household, customer, product line, contract: a use is recorded on one limit and counts on
it and on every limit above it. Children may be granted more than their parent in sum; they may
not use more.

A use is known by the limit and the contract it belongs to. What counts is four sums of it
(reserved, released, used, restored), so the order in which uses arrive makes no difference:

* *outstanding* is used less restored; on a SINGLE limit what was used never returns;
* *undrawn* is what is reserved and neither released nor drawn. A repayment makes it drawable
  again only under a REVOLVING limit;
* utilisation is the outstanding and the undrawn at its conversion factor, rounded up.

Units: whole minor units of the limit's currency; ``*_bp`` basis points. A negative headroom
means that a limit was cut below its use.
Source: 银监会令2010年第1号 and its successors (limits per customer, 授信额度); conversion of
commitments as in 商业银行资本管理办法.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from kernel.common.limit_uses import LimitUse, UseKind
from kernel.common.rounding import Rounding, rounded
from kernel.limits.refusals import (
    LimitCurrencyMismatch,
    LimitCycle,
    LimitDuplicate,
    LimitExceeded,
    LimitExpired,
    LimitFrozen,
    LimitNotFound,
    LimitNotYetValid,
)

WHOLE_BP = 10_000


class LimitKind(StrEnum):
    """Whether a repaid principal may be drawn again."""

    SINGLE = "SINGLE"
    REVOLVING = "REVOLVING"


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One limit; in force from ``valid_from`` and no more on ``valid_until``."""

    limit_id: str
    parent_limit_id: str | None = None
    amount_minor: int
    kind: LimitKind
    currency: str
    valid_from: datetime.date
    valid_until: datetime.date
    is_frozen: bool = False
    undrawn_ccf_bp: int = WHOLE_BP


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The four sums of one contract on one limit."""

    reserved_minor: int = 0
    released_minor: int = 0
    used_minor: int = 0
    restored_minor: int = 0

    def plus(self, use: LimitUse) -> Tally:
        """The sums after one more act."""
        name = _SUMS[use.kind]
        return msgspec.structs.replace(self, **{name: getattr(self, name) + use.amount_minor})

    @property
    def outstanding_minor(self) -> int:
        """Principal drawn and not repaid."""
        return max(0, self.used_minor - self.restored_minor)

    def undrawn_minor(self, revolves: bool) -> int:
        """Reserved, and neither released nor drawn."""
        drawn = self.outstanding_minor if revolves else self.used_minor
        return max(0, self.reserved_minor - self.released_minor - drawn)


_SUMS = {
    UseKind.RESERVE: "reserved_minor",
    UseKind.RELEASE: "released_minor",
    UseKind.USE: "used_minor",
    UseKind.RESTORE: "restored_minor",
}

Tallies = Mapping[tuple[str, str], Tally]
"""Tally by limit and contract."""


def tallied(uses: Iterable[LimitUse]) -> dict[tuple[str, str], Tally]:
    """The sums of many acts, in whatever order they come."""
    tallies: dict[tuple[str, str], Tally] = {}
    for use in uses:
        key = use.limit_id, use.contract_id
        tallies[key] = tallies.get(key, Tally()).plus(use)
    return tallies


def exposure_minor(
    outstanding_minor: int, undrawn_minor: int, undrawn_ccf_bp: int, off_balance_minor: int = 0
) -> int:
    """Principal, undrawn commitment at its conversion factor (rounded up), off-balance items.

    >>> exposure_minor(1_000, 501, 5_000, off_balance_minor=200)
    1451
    """
    undrawn = rounded(undrawn_minor * undrawn_ccf_bp, WHOLE_BP, Rounding.UP)
    return outstanding_minor + undrawn + off_balance_minor


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """What may still be used, and the limit that leaves no more."""

    limit_id: str
    available_minor: int


class LimitTree:
    """Limits that hang together, with their use.

    Raises LimitDuplicate, LimitNotFound (unknown parent, or use of an unknown limit), LimitCycle,
    and LimitCurrencyMismatch for a child in another currency than its parent.
    """

    def __init__(self, limits: Iterable[Limit], tallies: Tallies | None = None) -> None:
        self._limits: dict[str, Limit] = {}
        for limit in limits:
            if self._limits.setdefault(limit.limit_id, limit) is not limit:
                raise LimitDuplicate(limit_id=limit.limit_id)
        self._paths = {limit_id: self._path_of(limit_id) for limit_id in self._limits}
        self._tallies = dict(tallies or {})
        self._used = dict.fromkeys(self._limits, 0)
        for (limit_id, _), tally in self._tallies.items():
            own = self.limit(limit_id)
            for each in self.path(limit_id):
                self._used[each.limit_id] += counted_minor(tally, own, each)

    def limit(self, limit_id: str) -> Limit:
        """One limit; raises LimitNotFound."""
        found = self._limits.get(limit_id)
        if found is None:
            raise LimitNotFound(limit_id=limit_id)
        return found

    def path(self, limit_id: str) -> tuple[Limit, ...]:
        """The limit and all above it, nearest first; raises LimitNotFound."""
        return self._paths[self.limit(limit_id).limit_id]

    def _path_of(self, limit_id: str) -> tuple[Limit, ...]:
        path = [self.limit(limit_id)]
        while path[-1].parent_limit_id is not None:
            if len(path) > len(self._limits):
                raise LimitCycle(limit_id=limit_id)
            path.append(self.limit(path[-1].parent_limit_id))
            if path[-1].currency != path[0].currency:
                raise LimitCurrencyMismatch(
                    limit_id=path[-1].limit_id,
                    limit_currency=path[-1].currency,
                    asked_currency=path[0].currency,
                )
        return tuple(path)

    def tally(self, limit_id: str, contract_id: str) -> Tally:
        """The sums of a contract on a limit."""
        return self._tallies.get((limit_id, contract_id), Tally())

    def utilisation_minor(self, limit_id: str) -> int:
        """What counts on a limit, from itself and all below it; raises LimitNotFound."""
        return self._used[self.limit(limit_id).limit_id]

    def left_minor(self, limit_id: str) -> int:
        """What a limit leaves by itself, whatever stands above it; raises LimitNotFound."""
        return self.limit(limit_id).amount_minor - self.utilisation_minor(limit_id)

    def headroom(self, limit_id: str) -> Headroom:
        """The least that the limit and its ancestors leave; the nearest of equals is named.

        Dates and freezes are not asked here. Raises LimitNotFound.
        """
        left = [(self.left_minor(each.limit_id), each.limit_id) for each in self.path(limit_id)]
        available, binding = min(left, key=lambda each: each[0])
        return Headroom(limit_id=binding, available_minor=available)


def counted_minor(tally: Tally, own: Limit, limit: Limit) -> int:
    """What a contract on the limit ``own`` counts on ``limit``, which is it or stands above it."""
    returns = limit.kind is LimitKind.REVOLVING
    return exposure_minor(
        tally.outstanding_minor if returns else tally.used_minor,
        tally.undrawn_minor(returns and own.kind is LimitKind.REVOLVING),
        own.undrawn_ccf_bp,
    )


class PathLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit on the way to the root, with what counts on it."""

    limit: Limit
    used_minor: int

    @property
    def left_minor(self) -> int:
        """What it leaves by itself."""
        return self.limit.amount_minor - self.used_minor


def require_headroom(tree: LimitTree, asked: LimitUse, on: datetime.date) -> None:
    """The reservation or draw passes its limit and every ancestor on the day.

    Raises LimitNotFound and what ``require_room_on_path`` raises.
    """
    path = [
        PathLimit(limit=each, used_minor=tree.utilisation_minor(each.limit_id))
        for each in tree.path(asked.limit_id)
    ]
    require_room_on_path(path, tree.tally(asked.limit_id, asked.contract_id), asked, on)


def require_room_on_path(
    path: Sequence[PathLimit], before: Tally, asked: LimitUse, on: datetime.date
) -> None:
    """The reservation or draw passes every limit of the path (nearest first) on the day.

    ``before`` is what the contract has used of the nearest. A draw on what was reserved needs only
    what the reservation did not count. Raises LimitCurrencyMismatch, LimitFrozen,
    LimitNotYetValid, LimitExpired, and LimitExceeded with the limit that lacks the most.
    """
    assert asked.kind in (UseKind.RESERVE, UseKind.USE), asked
    for each in path:
        _require_in_force(each.limit, asked, on)
    own, after = path[0].limit, before.plus(asked)
    short: list[tuple[int, int, PathLimit]] = []
    for each in path:
        needed = counted_minor(after, own, each.limit) - counted_minor(before, own, each.limit)
        if needed > max(each.left_minor, 0):
            short.append((needed - each.left_minor, needed, each))
    if short:
        _, needed, worst = max(short, key=lambda each: each[0])
        raise LimitExceeded(
            limit_id=worst.limit.limit_id,
            asked_limit_id=asked.limit_id,
            asked_minor=needed,
            available_minor=worst.left_minor,
        )


def _require_in_force(limit: Limit, asked: LimitUse, on: datetime.date) -> None:
    if limit.currency != asked.currency:
        raise LimitCurrencyMismatch(
            limit_id=limit.limit_id, limit_currency=limit.currency, asked_currency=asked.currency
        )
    if limit.is_frozen:
        raise LimitFrozen(limit_id=limit.limit_id, asked_limit_id=asked.limit_id)
    if on < limit.valid_from:
        raise LimitNotYetValid(
            limit_id=limit.limit_id, valid_from=str(limit.valid_from), on=str(on)
        )
    if on >= limit.valid_until:
        raise LimitExpired(limit_id=limit.limit_id, valid_until=str(limit.valid_until), on=str(on))
