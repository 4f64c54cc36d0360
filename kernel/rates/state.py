"""The state of a rate index, folded from the log.

Units: rates in ppm a year.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.facts import Fact
from kernel.rates.events import IndexRatePublished


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of a day as it is known, by whom it was written down, and at which position."""

    published_on: datetime.date
    rate_ppm: int
    published_by: str
    position: int
    is_correction: bool = False


class IndexState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An index: one publication a day, by day; a correction stands in the place of its day."""

    publications: tuple[Publication, ...] = ()

    def on(self, day: datetime.date) -> Publication | None:
        """The publication of exactly that day."""
        return next((each for each in self.publications if each.published_on == day), None)

    def before(self, day: datetime.date) -> Publication | None:
        """The last publication before a day."""
        known = [each for each in self.publications if each.published_on < day]
        return known[-1] if known else None


INITIAL = IndexState()


def evolve(state: IndexState, fact: Fact) -> IndexState:
    """Fold one fact; events of other areas change nothing."""
    event = fact.event
    if not isinstance(event, IndexRatePublished):
        return state
    new = Publication(
        published_on=event.published_on,
        rate_ppm=event.rate_ppm,
        published_by=fact.principal,
        position=fact.position,
        is_correction=event.is_correction,
    )
    kept = [each for each in state.publications if each.published_on != event.published_on]
    return IndexState(publications=tuple(sorted((*kept, new), key=lambda each: each.published_on)))


def invariants(state: IndexState) -> None:
    """Raise AssertionError for a state that no accepted history may lead to."""
    days = [each.published_on for each in state.publications]
    assert days == sorted(set(days)), f"days in disorder or twice: {days}"
