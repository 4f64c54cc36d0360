"""What a rule may know of time and of who asks. Handed in; the domain reads no clock."""

from __future__ import annotations

import datetime

import msgspec


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of one decision.

    ``booking_date`` is the open business date (never the wall clock); ``value_date`` equals it
    unless the request set another; ``position`` is the log position that the decision's first
    event will take. ``principal`` is who asks, under which ``command_id``, ``channel`` through what
    (``COUNTER``, ``MOBILE``, ``PARTNER``, ``BATCH``).
    """

    booking_date: datetime.date
    value_date: datetime.date
    position: int
    principal: str
    channel: str = "COUNTER"
    command_id: str = ""
