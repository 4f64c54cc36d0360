"""A fact: an event in its envelope, as the log holds it.

Clocks: ``value_date`` is the day from which money counts; ``booking_date`` the business day on
which it was booked; ``recorded_at`` the wall clock, for the record only (no rule reads it).
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.common.legs import CapUse, HoldChange, Leg
from kernel.common.limit_uses import LimitUse


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of every event. Its fields are a stored contract: fields are added, never renamed.

    What an event does to others is derived from its fields and said in shared words, so the log
    stores each fact once.
    """

    @property
    def entities(self) -> tuple[str, ...]:
        """Every entity that the event touches, as ``kind:id``; its history is found by these."""
        raise NotImplementedError

    @property
    def legs(self) -> tuple[Leg, ...]:
        """Money moved, debit positive; sums to zero per currency."""
        return ()

    @property
    def hold_changes(self) -> tuple[HoldChange, ...]:
        """Money set aside or let go."""
        return ()

    @property
    def cap_uses(self) -> tuple[CapUse, ...]:
        """Use of the caps of class Ⅱ and Ⅲ accounts."""
        return ()

    @property
    def limit_uses(self) -> tuple[LimitUse, ...]:
        """What it sets aside, lets go, draws or gives back under limits."""
        return ()


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event, where it stands in the log, who asked for it, and its dates.

    ``position`` is gapless from 1. ``(principal, command_id, ordinal)`` is unique: one command may
    write several facts, numbered from 0. ``fingerprint`` is the digest of the request.
    """

    position: int
    principal: str
    channel: str
    method: str
    command_id: str
    ordinal: int
    fingerprint: bytes
    recorded_at: datetime.datetime
    booking_date: datetime.date
    value_date: datetime.date
    event: Event
