"""What questions have in common: two clocks, ids, days and pages, checked before anything is read.

A page token is opaque to the client. It holds the place, the log position of the first page (so
that all pages are one answer) and a digest of the question that it belongs to.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
from typing import Any, TypeVar

import msgspec

from kernel.common.fields import Id, shaped
from kernel.common.refusals import InvalidInput, Kind, Refusal
from kernel.eventstore.log import Log
from kernel.projections.refusals import Unanswerable

PAGE_SIZE = 100
PAGE_SIZE_MAX = 1_000

T = TypeVar("T")


class NotProjectedInTime(Refusal):
    """The read models did not reach the position within the deadline."""

    code = "NOT_PROJECTED_IN_TIME"
    kind = Kind.STATE
    says = "Position {min_position} was not projected within the deadline."


class At(msgspec.Struct, frozen=True, kw_only=True):
    """The two clocks of a question, checked."""

    as_of: datetime.date | None = None
    known_at: int | None = None
    min_position: int | None = None


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """What a page token holds."""

    known_at: int
    question: str
    cursor: msgspec.Raw


def at_of(message: Any, *, dated: bool) -> At:
    """The clocks of a request. ``dated`` says whether the method answers as of a day.

    Raises InvalidInput, also for an ``as_of`` that the answer could not heed.
    """
    given = message.at
    names = [name for name in ("as_of", "known_at", "min_position") if given.HasField(name)]
    if "as_of" in names and not dated:
        raise InvalidInput(("at.as_of", "this method answers by known_at, not by a day"))
    try:
        return shaped(At, {name: getattr(given, name) for name in names})
    except InvalidInput as error:
        raise InvalidInput(*((f"at.{path}", why) for path, why in error.violations)) from None


def known_position(log: Log, at: At) -> int:
    """The log position to answer for, when the log itself is read; None means its head.

    Refuses Unanswerable for a position that is not taken.
    """
    head = log.head().position
    for asked in (at.known_at, at.min_position):
        if asked is not None and not 0 <= asked <= head:
            raise Unanswerable(question="A log position that is not taken", asked=asked, limit=head)
    return head if at.known_at is None else at.known_at


def identifier(field: str, value: str) -> str:
    """An id of a request; raises InvalidInput."""
    checked: str = _one(Id, field, value)
    return checked


def filter_by(field: str, value: str) -> str | None:
    """An id to filter by, None when the field is empty; raises InvalidInput."""
    return identifier(field, value) if value else None


def day(field: str, value: str) -> datetime.date:
    """A date of a request, as YYYY-MM-DD; raises InvalidInput."""
    checked: datetime.date = _one(datetime.date, field, value)
    return checked


def page_size(message: Any) -> int:
    """The page size asked for; raises InvalidInput."""
    if not message.HasField("page_size"):
        return PAGE_SIZE
    if not 1 <= message.page_size <= PAGE_SIZE_MAX:
        raise InvalidInput(("page_size", f"must lie between 1 and {PAGE_SIZE_MAX}"))
    return int(message.page_size)


def page_token(message: Any, known_at: int, cursor: object) -> str:
    """The token of the page behind the cursor; empty when the cursor is None: no more pages."""
    if cursor is None:
        return ""
    place = _Place(known_at, _digest(message), msgspec.Raw(msgspec.json.encode(cursor)))
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def page_start(message: Any, at: At, kind: type[T]) -> tuple[T | None, At]:
    """Where the page asked for begins, and the clocks of the first page.

    Raises InvalidInput for a token that no page of this question gave.
    """
    if not message.page_token:
        return None, at
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(message.page_token), type=_Place)
        cursor = msgspec.json.decode(place.cursor, type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise InvalidInput(("page_token", "is not a token that a page gave")) from None
    if place.question != _digest(message) or at.known_at not in (None, place.known_at):
        raise InvalidInput(("page_token", "belongs to another question"))
    return cursor, msgspec.structs.replace(at, known_at=place.known_at)


def _digest(message: Any) -> str:
    """Of what is asked, whatever the page and however fresh."""
    asked = type(message)()
    asked.CopyFrom(message)
    asked.at.SetInParent()
    asked.at.ClearField("known_at")
    asked.at.ClearField("min_position")
    asked.ClearField("page_size")
    asked.ClearField("page_token")
    content = message.DESCRIPTOR.full_name.encode() + asked.SerializeToString(deterministic=True)
    return hashlib.blake2b(content, digest_size=8).hexdigest()


def _one(kind: Any, field: str, value: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput((field, str(error))) from None
