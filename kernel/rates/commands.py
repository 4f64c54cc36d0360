"""What can be asked of rate indices.

Units: rates in ppm a year.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from kernel.common.commands import Command
from kernel.common.fields import Day, Id

IndexRatePpm = Annotated[int, msgspec.Meta(ge=-1_000_000, le=10_000_000)]


class PublishIndexRate(Command, frozen=True, kw_only=True):
    """Write down the rate of an index as published on a day; a correction is said to be one."""

    index_id: Id
    published_on: Day
    rate_ppm: IndexRatePpm
    is_correction: bool = False

    @property
    def touches(self) -> tuple[str, ...]:
        """The index."""
        return (f"index:{self.index_id}",)
