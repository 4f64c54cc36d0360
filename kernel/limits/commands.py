"""What can be asked of limits, of the groups that hold them, and of the bank's capital.

Units: amounts in whole minor units, ``*_bp`` basis points, dates are business days.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import AmountMinor, CurrencyCode, Day, Id, RequiredText
from kernel.limits.tree import WHOLE_BP, LimitKind

BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=WHOLE_BP)]
Members = Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=200)]


class HolderKind(StrEnum):
    """Who may borrow under a limit: one customer, or every member of a group."""

    CUSTOMER = "CUSTOMER"
    GROUP = "GROUP"


class FreezeTrigger(StrEnum):
    """Why a limit is frozen; it stays frozen while one of them stands."""

    OVERDUE = "OVERDUE"
    LOAN_CLASS = "LOAN_CLASS"
    SHORTFALL = "SHORTFALL"
    BANK = "BANK"


class LimitCommand(Command, frozen=True, kw_only=True):
    """A command about one limit."""

    limit_id: Id

    @property
    def touches(self) -> tuple[str, ...]:
        """The limit."""
        return (f"limit:{self.limit_id}",)


class OpenLimit(LimitCommand, frozen=True, kw_only=True):
    """Grant a limit, below another one if that is named.

    In force from ``valid_from`` and no more on ``valid_until``. What is undrawn counts at
    ``undrawn_ccf_bp``.
    """

    parent_limit_id: Id | None = None
    holder_kind: HolderKind
    holder_id: Id
    limit_kind: LimitKind
    amount_minor: AmountMinor
    currency: CurrencyCode
    valid_from: Day
    valid_until: Day
    undrawn_ccf_bp: BasisPoints = WHOLE_BP


class AdjustLimit(LimitCommand, frozen=True, kw_only=True):
    """Change what is given; below what is used no more is drawn until it is repaid."""

    amount_minor: AmountMinor | None = None
    valid_until: Day | None = None
    reason: RequiredText


class FreezeLimit(LimitCommand, frozen=True, kw_only=True):
    """Nothing is drawn under the limit, nor under those below it."""

    trigger: FreezeTrigger
    reason: RequiredText


class UnfreezeLimit(LimitCommand, frozen=True, kw_only=True):
    """One reason to freeze is gone."""

    trigger: FreezeTrigger
    reason: RequiredText


class CloseLimit(LimitCommand, frozen=True, kw_only=True):
    """End a limit that nothing uses."""

    reason: RequiredText


class SetGroupMembers(Command, frozen=True, kw_only=True):
    """Say who belongs to a group of connected customers, or to a household."""

    group_id: Id
    customer_ids: Members

    @property
    def touches(self) -> tuple[str, ...]:
        """The group and its members."""
        return (f"group:{self.group_id}", *(f"customer:{one}" for one in self.customer_ids))


class SetCapital(Command, frozen=True, kw_only=True):
    """Say what capital the concentration tests measure against from a day."""

    effective_from: Day
    net_capital_minor: AmountMinor
    tier_1_minor: AmountMinor
    source: RequiredText
