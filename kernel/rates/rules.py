"""The decisions on rate indices.

Source: 公告〔2019〕15号 (LPR is published on the 20th of each month).
"""

from __future__ import annotations

from kernel.common.moment import Moment
from kernel.rates.commands import PublishIndexRate
from kernel.rates.events import IndexRatePublished
from kernel.rates.refusals import (
    IndexAlreadyPublished,
    IndexNotFound,
    IndexNotPublished,
    PublishedInFuture,
)
from kernel.rates.state import IndexState


def require_index(state: IndexState, index_id: str) -> None:
    """Something was published of the index."""
    if not state.publications:
        raise IndexNotFound(index_id=index_id)


def publish(command: PublishIndexRate, state: IndexState, at: Moment) -> IndexRatePublished:
    """One rate a day, unless it corrects the rate of that day."""
    if command.published_on > at.booking_date:
        raise PublishedInFuture(published_on=str(command.published_on), today=str(at.booking_date))
    before = state.on(command.published_on)
    if before is None and command.is_correction:
        raise IndexNotPublished(index_id=command.index_id, published_on=str(command.published_on))
    if before is not None and not command.is_correction:
        raise IndexAlreadyPublished(
            index_id=command.index_id,
            published_on=str(command.published_on),
            rate_ppm=before.rate_ppm,
        )
    return IndexRatePublished(
        index_id=command.index_id,
        published_on=command.published_on,
        rate_ppm=command.rate_ppm,
        is_correction=command.is_correction,
    )
