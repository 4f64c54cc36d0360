"""What can have happened to a rate index. A stored contract: fields are added, never renamed.

Units: rates in ppm a year.
"""

from __future__ import annotations

import datetime

from kernel.common.facts import Event


class IndexRatePublished(Event, frozen=True, kw_only=True):
    """An index was published (such as LPR); a correction replaces the rate of its day."""

    index_id: str
    published_on: datetime.date
    rate_ppm: int
    is_correction: bool = False

    @property
    def entities(self) -> tuple[str, ...]:
        """The index."""
        return (f"index:{self.index_id}",)
