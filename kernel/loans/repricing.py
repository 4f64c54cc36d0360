"""Floating rates: when a loan is repriced, and by which published index.

Units: ppm a year. The rate is the latest index published before the repricing day plus a spread
that is fixed for the life of the loan; what has accrued is never worked out anew.
Source: 公告〔2019〕15号 and 16号 (LPR plus spread), 公告〔2024〕11号 (cycle by agreement).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import takewhile

import msgspec

from kernel.common.day_count import shifted
from kernel.loans.dated import RateSet

REPRICINGS_MAX = 1_200


class RepricedOn(StrEnum):
    """The repricing day: 1 January, or the day of the first disbursement (对年对月对日)."""

    JANUARY_FIRST = "january_1"
    ANNIVERSARY = "anniversary"


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """On which days a floating loan is repriced, from its start on.

    ``months`` is 3, 6 or 12 for housing loans since November 2024; any number from 1 is taken.
    """

    on: RepricedOn = RepricedOn.JANUARY_FIRST
    months: int = 12

    def days(self, start: datetime.date) -> Iterator[datetime.date]:
        """The repricing days after the start, ascending."""
        assert self.months >= 1, self.months
        first = start if self.on is RepricedOn.ANNIVERSARY else datetime.date(start.year, 1, 1)
        for step in range(1, REPRICINGS_MAX):
            day = datetime.date.fromordinal(shifted(first.toordinal(), step * self.months))
            if day > start:
                yield day

    def next_day(self, start: datetime.date, after: datetime.date) -> datetime.date:
        """The first repricing day behind a day.

        >>> yearly = Cycle(on=RepricedOn.ANNIVERSARY)
        >>> yearly.next_day(datetime.date(2024, 2, 29), datetime.date(2025, 2, 27))
        datetime.date(2025, 2, 28)
        """
        return next(day for day in self.days(start) if day > after)


class Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One publication of the index."""

    published_on: datetime.date
    rate_ppm: int


def repricings(
    publications: Sequence[Published],
    cycle: Cycle,
    *,
    start: datetime.date,
    until: datetime.date,
    spread_ppm: int,
) -> tuple[RateSet, ...]:
    """The rates set after the start and up to ``until``, as events of the loan.

    A day before the first publication reprices nothing.

    >>> lpr = [Published(published_on=datetime.date(2025, 12, 22), rate_ppm=30_000)]
    >>> [rate] = repricings(lpr, Cycle(), start=datetime.date(2025, 6, 15), spread_ppm=5_000,
    ...                     until=datetime.date(2026, 12, 31))
    >>> rate.value_date, rate.rate_ppb
    (datetime.date(2026, 1, 1), 35000000)
    """
    known = sorted(publications, key=lambda each: each.published_on)
    made = []
    for day in takewhile(lambda each: each <= until, cycle.days(start)):
        before = [each for each in known if each.published_on < day]
        if before:
            made.append(
                RateSet(
                    value_date=day,
                    event_id=f"repriced-{day.isoformat()}",
                    index_rate_ppm=before[-1].rate_ppm,
                    spread_ppm=spread_ppm,
                )
            )
    return tuple(made)
