"""What can be asked of the business date."""

from __future__ import annotations

from kernel.common.commands import Command
from kernel.common.fields import Day


class OpenBusinessDate(Command, frozen=True, kw_only=True):
    """Open the bank's first business date."""

    date: Day


class AdvanceBusinessDate(Command, frozen=True, kw_only=True):
    """Close the open business date and open a later one."""

    date: Day
