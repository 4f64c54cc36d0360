"""Events of a small bank of our own, and facts made of them, for the tests of the log."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from kernel.common.facts import Event, Fact
from kernel.common.refusals import Kind
from kernel.eventstore.codec import Codec
from kernel.eventstore.log import Batch, Head, StoredRefusal

MONDAY = datetime.date(2026, 3, 2)
NOON = datetime.datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=datetime.UTC)


class Opened(Event, frozen=True, kw_only=True):
    """An account was opened."""

    account_id: str
    name: str = ""

    @property
    def entities(self) -> tuple[str, ...]:
        return (f"account:{self.account_id}",)


class Paid(Event, frozen=True, kw_only=True):
    """Money went from one account to another."""

    payer: str
    payee: str
    amount_minor: int

    @property
    def entities(self) -> tuple[str, ...]:
        return (f"account:{self.payer}", f"account:{self.payee}")


class Uncatalogued(Event, frozen=True, kw_only=True):
    """An event whose class was forgotten in the catalogue."""


CODEC = Codec({"samples.Opened.v1": Opened, "samples.Paid.v1": Paid})


def fact(position: int, event: Event, *, command_id: str = "", ordinal: int = 0) -> Fact:
    """The event at the position; the command id is the position's unless given."""
    return Fact(
        position=position,
        principal="teller-1",
        channel="COUNTER",
        method="Pay",
        command_id=command_id or f"command-{position}",
        ordinal=ordinal,
        fingerprint=b"\x00\xff" * 8,
        recorded_at=NOON,
        booking_date=MONDAY,
        value_date=MONDAY - datetime.timedelta(days=1),
        event=event,
    )


def batch(head: Head, events: Sequence[Event], *, writer: str = "command") -> Batch:
    """Each event as a command of its own, at the positions behind the head."""
    return Batch(
        facts=tuple(
            fact(position, event, command_id=f"{writer}-{position}")
            for position, event in enumerate(events, head.position + 1)
        )
    )


def refusal(command_id: str) -> StoredRefusal:
    """A stored no with figures of both kinds, not in alphabetical order."""
    return StoredRefusal(
        principal="teller-1",
        command_id=command_id,
        method="Pay",
        fingerprint=b"\x01" * 16,
        code="AVAILABLE_BALANCE_TOO_LOW",
        kind=Kind.STATE,
        message="500 was asked, 300 is available.",
        figures={"asked_minor": 500, "account_id": "A-1", "available_minor": 300},
        recorded_at=NOON,
    )
