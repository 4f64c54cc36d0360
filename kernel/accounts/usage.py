"""Use of the caps of a class Ⅱ or Ⅲ account, as far as a rule can still ask for it.

Units: whole minor units. Days and years are those of the booking date.
Only the newest day and its year are kept; the whole history is in the read model of usage.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.legs import Direction


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What counted on day ``on`` and in its year, each way."""

    on: datetime.date = datetime.date.min
    out_day_minor: int = 0
    out_year_minor: int = 0
    in_day_minor: int = 0
    in_year_minor: int = 0

    def day_minor(self, direction: Direction, on: datetime.date) -> int:
        """Used on the day."""
        if on != self.on:
            return 0
        return self.out_day_minor if direction is Direction.OUT else self.in_day_minor

    def year_minor(self, direction: Direction, on: datetime.date) -> int:
        """Used in the day's year, up to now."""
        if on.year != self.on.year:
            return 0
        return self.out_year_minor if direction is Direction.OUT else self.in_year_minor

    def add(self, direction: Direction, amount_minor: int, on: datetime.date) -> Usage:
        """With one more use; an earlier day's changes the year only, an earlier year's nothing."""
        if on < self.on:
            if on.year != self.on.year:
                return self
            day_minor, today = 0, self.on
        else:
            day_minor, today = amount_minor, on
        used = {way: self.day_minor(way, today) for way in Direction}
        year = {way: self.year_minor(way, today) for way in Direction}
        used[direction] += day_minor
        year[direction] += amount_minor
        return Usage(
            on=today,
            out_day_minor=used[Direction.OUT],
            out_year_minor=year[Direction.OUT],
            in_day_minor=used[Direction.IN],
            in_year_minor=year[Direction.IN],
        )
