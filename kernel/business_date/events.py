"""What can have happened to the business date."""

from __future__ import annotations

import datetime

from kernel.common.facts import Event

ENTITY = "bank:business-date"


class BusinessDateOpened(Event, frozen=True, kw_only=True):
    """The first business date of the ledger."""

    date: datetime.date

    @property
    def entities(self) -> tuple[str, ...]:
        """The one business date."""
        return (ENTITY,)


class BusinessDateAdvanced(Event, frozen=True, kw_only=True):
    """Booking goes on at ``date``; ``previous`` is the day that ended."""

    date: datetime.date
    previous: datetime.date

    @property
    def entities(self) -> tuple[str, ...]:
        """The one business date."""
        return (ENTITY,)
