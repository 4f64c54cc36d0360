"""What can have happened to limits, groups and the bank's capital: stored, fields are added only.

Units: whole minor units, ``*_bp`` basis points. A limit event names every limit above the one it
is about, so that an ancestor knows what hangs below it.
"""

from __future__ import annotations

import datetime

from kernel.common.facts import Event

CAPITAL_ENTITY = "bank:capital"


class OnLimit(Event, frozen=True, kw_only=True):
    """An event of a limit; ``path`` is the limit and all above it, nearest first."""

    path: tuple[str, ...]

    @property
    def limit_id(self) -> str:
        """The limit that it is about."""
        return self.path[0]

    @property
    def entities(self) -> tuple[str, ...]:
        """The limit and all above it."""
        return tuple(f"limit:{one}" for one in self.path)


class LimitOpened(OnLimit, frozen=True, kw_only=True):
    """A limit was granted (授信)."""

    holder_kind: str
    holder_id: str
    limit_kind: str
    amount_minor: int
    currency: str
    valid_from: datetime.date
    valid_until: datetime.date
    undrawn_ccf_bp: int

    @property
    def entities(self) -> tuple[str, ...]:
        """The limits of the path, and who holds it."""
        return (
            *(f"limit:{one}" for one in self.path),
            f"{self.holder_kind.lower()}:{self.holder_id}",
        )


class LimitAdjusted(OnLimit, frozen=True, kw_only=True):
    """Amount or end of a limit is another now (调额)."""

    amount_minor: int
    valid_until: datetime.date
    reason: str


class LimitFrozen(OnLimit, frozen=True, kw_only=True):
    """There is a reason not to lend under the limit (冻结)."""

    trigger: str
    reason: str


class LimitUnfrozen(OnLimit, frozen=True, kw_only=True):
    """A reason not to lend under the limit is gone."""

    trigger: str
    reason: str


class LimitClosed(OnLimit, frozen=True, kw_only=True):
    """The limit ended, unused."""

    reason: str


class GroupMembersSet(Event, frozen=True, kw_only=True):
    """A group consists of these customers (集团客户, 家庭), and no more of those."""

    group_id: str
    customer_ids: tuple[str, ...]
    left_customer_ids: tuple[str, ...] = ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The group, its members and who left."""
        people = dict.fromkeys((*self.customer_ids, *self.left_customer_ids))
        return (f"group:{self.group_id}", *(f"customer:{one}" for one in people))


class CapitalSet(Event, frozen=True, kw_only=True):
    """The capital that concentration is measured against, from a day."""

    effective_from: datetime.date
    net_capital_minor: int
    tier_1_minor: int
    source: str

    @property
    def entities(self) -> tuple[str, ...]:
        """The bank's capital."""
        return (CAPITAL_ENTITY,)
