"""What can be asked of the business date."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kernel.business_date.events import DayTotal
from kernel.common.commands import Command
from kernel.common.fields import Day

Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class OpenBusinessDate(Command, frozen=True, kw_only=True):
    """Open the bank's first business date."""

    date: Day


class AdvanceBusinessDate(Command, frozen=True, kw_only=True):
    """Close the open business date and open a later one."""

    date: Day


class SealDay(Command, frozen=True, kw_only=True):
    """Seal a day that has ended: what its close came to, once and for ever.

    ``cut_position`` is where the day ended in the log; ``digest`` covers every figure of the close
    as known there; ``totals`` are the turnover of the day's trial balance.
    """

    date: Day
    digest: Digest
    cut_position: Annotated[int, msgspec.Meta(ge=1)]
    loans: Annotated[int, msgspec.Meta(ge=0)] = 0
    parked: Annotated[int, msgspec.Meta(ge=0)] = 0
    totals: Annotated[tuple[DayTotal, ...], msgspec.Meta(max_length=200)] = ()
