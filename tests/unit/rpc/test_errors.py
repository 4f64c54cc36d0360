"""Every no as a status: one ErrorInfo, a code by its kind, nothing of the inside."""

from __future__ import annotations

import datetime

import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from sqlalchemy.exc import OperationalError, ProgrammingError

from adapters.rpc import errors
from kernel.application import errors as engine
from kernel.common.refusals import InvalidInput, Kind, Refusal
from kernel.eventstore.errors import LogUnavailable, UnreadableFact
from kernel.eventstore.log import StoredRefusal

SQL = 'relation "log" does not exist LINE 1: SELECT position FROM log'
TRAILERS_BYTES = 8192


class TooMuch(Refusal):
    """A refusal for these tests."""

    code = "TOO_MUCH"
    says = "{asked_minor} was asked."


def details(status: status_pb2.Status, kind: type) -> list[object]:
    """The status's details of one message type."""
    found = []
    for detail in status.details:
        one = kind()
        if detail.Unpack(one):
            found.append(one)
    return found


def info(status: status_pb2.Status) -> error_details_pb2.ErrorInfo:
    """The one ErrorInfo of a status."""
    [found] = details(status, error_details_pb2.ErrorInfo)
    assert isinstance(found, error_details_pb2.ErrorInfo)
    return found


def of_kind(kind: Kind) -> Refusal:
    """A refusal of a kind."""
    refusal: Refusal = type("One", (TooMuch,), {"kind": kind})(asked_minor=5)
    return refusal


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.STATE, code_pb2.FAILED_PRECONDITION),
        (Kind.NOT_FOUND, code_pb2.NOT_FOUND),
        (Kind.ALREADY_EXISTS, code_pb2.ALREADY_EXISTS),
        (Kind.PERMISSION, code_pb2.PERMISSION_DENIED),
        (Kind.OUT_OF_RANGE, code_pb2.OUT_OF_RANGE),
    ],
)
def test_a_refusal_carries_code_and_figures(kind: Kind, code: int) -> None:
    """The kind gives the protocol's code; code and figures of the refusal come along."""
    status = errors.status_of(of_kind(kind))
    assert status.code == code
    assert (info(status).reason, info(status).domain) == ("TOO_MUCH", "corebank")
    assert dict(info(status).metadata) == {"asked_minor": "5"}


def test_every_kind_of_refusal_has_a_code() -> None:
    """A kind added later must be mapped."""
    assert set(errors.OF_KIND) == set(Kind)


def test_a_stored_refusal_says_what_it_said_when_it_was_made() -> None:
    """The same bytes as at the first time."""
    refusal = of_kind(Kind.STATE)
    stored = StoredRefusal(
        principal="teller",
        command_id="c-1",
        method="Transfer",
        fingerprint=b"",
        code=refusal.code,
        kind=refusal.kind,
        message=str(refusal),
        figures=refusal.figures,
        recorded_at=datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC),
    )
    first = errors.status_of(refusal).SerializeToString(deterministic=True)
    assert errors.stored_status(stored).SerializeToString(deterministic=True) == first


def test_wrong_input_names_its_fields() -> None:
    """BadRequest holds path and reason."""
    status = errors.status_of(InvalidInput(("amount_minor", "must be at least 1")))
    assert status.code == code_pb2.INVALID_ARGUMENT
    assert info(status).reason == "INVALID_INPUT"
    [bad] = details(status, error_details_pb2.BadRequest)
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert [(v.field, v.description) for v in bad.field_violations] == [
        ("amount_minor", "must be at least 1")
    ]


@pytest.mark.parametrize(
    ("error", "code", "retried"),
    [
        (engine.Overloaded("full"), code_pb2.RESOURCE_EXHAUSTED, True),
        (engine.NotWriter("standby"), code_pb2.UNAVAILABLE, True),
        (engine.Unavailable(SQL), code_pb2.UNAVAILABLE, True),
        (LogUnavailable(SQL), code_pb2.UNAVAILABLE, True),
        (OperationalError(SQL, {}, Exception(SQL)), code_pb2.UNAVAILABLE, True),
        (engine.OutcomeUnknown(SQL), code_pb2.UNKNOWN, True),
        (engine.DeadlinePassed("late"), code_pb2.DEADLINE_EXCEEDED, False),
        (engine.CommandIdReused("used"), code_pb2.ALREADY_EXISTS, False),
        (engine.Defect(SQL), code_pb2.INTERNAL, False),
        (UnreadableFact(7, "x", SQL), code_pb2.DATA_LOSS, False),
        (ProgrammingError(SQL, {}, Exception(SQL)), code_pb2.INTERNAL, False),
        (ZeroDivisionError(SQL), code_pb2.INTERNAL, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failures_tell_whether_to_come_back_and_nothing_of_the_inside(
    error: Exception, code: int, retried: bool
) -> None:
    """RetryInfo only where a retry helps; the database's own words never get out."""
    status = errors.status_of(error)
    assert status.code == code
    assert bool(details(status, error_details_pb2.RetryInfo)) is retried
    assert info(status).domain == "corebank"
    assert b"SELECT" not in status.SerializeToString()


def test_every_error_of_the_engine_has_a_code() -> None:
    """The tree of engine errors is mapped leaf by leaf."""

    def leaves(kind: type[engine.EngineError]) -> set[type[engine.EngineError]]:
        below = kind.__subclasses__()
        return set().union(*map(leaves, below)) if below else {kind}

    assert set(errors.OF_ENGINE) == leaves(engine.EngineError)


def test_an_unknown_outcome_is_no_failure() -> None:
    """Its reason tells the caller to ask, and that it may have been done."""
    status = errors.status_of(engine.OutcomeUnknown("lost"))
    assert info(status).reason == "OUTCOME_UNKNOWN"
    assert "may have been done" in status.message


def test_only_what_nobody_foresaw_is_alarmed() -> None:
    """Refusals and outages are business and operation; defects and damage are neither."""
    assert errors.is_foreseen(of_kind(Kind.STATE))
    assert errors.is_foreseen(engine.Unavailable())
    assert not errors.is_foreseen(engine.Defect())
    assert not errors.is_foreseen(KeyError("x"))
    assert not errors.is_foreseen(UnreadableFact(7, "x", "y"))


def test_a_status_fits_into_the_trailing_metadata() -> None:
    """However long the input was: beyond 8 KiB the client would see a broken stream instead."""
    long = "长" * 5_000
    for error in (
        InvalidInput(*((long, long) for _ in range(50))),
        TooMuch(asked_minor=long),
    ):
        status = errors.status_of(error)
        trailer = len(status.SerializeToString()) * 4 // 3 + len(status.message.encode()) * 3
        assert trailer < TRAILERS_BYTES, type(error)
