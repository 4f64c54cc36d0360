"""What can have happened to the business date."""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Event
from kernel.common.fields import CurrencyCode

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


class DayTotal(msgspec.Struct, frozen=True, kw_only=True):
    """Turnover of a day's trial balance in one currency: all debits, all credits."""

    currency: CurrencyCode
    debit_minor: int
    credit_minor: int


class DaySealed(Event, frozen=True, kw_only=True):
    """The close of ``date`` is complete: the digest of its figures as known at the cut."""

    date: datetime.date
    digest: str
    cut_position: int
    loans: int = 0
    parked: int = 0
    totals: tuple[DayTotal, ...] = ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The one business date."""
        return (ENTITY,)
