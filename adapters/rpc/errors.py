"""Every no and every failure as a google.rpc.Status with exactly one ErrorInfo.

Source: AIP-193 (errors): reason UPPER_SNAKE, domain, figures as metadata; BadRequest names fields,
RetryInfo says when to come back. Nothing of the inside (SQL, stack) is ever shown: what comes from
the database is replaced by a sentence of our own.
Bounds: a text of a status has ``TEXT_MAX`` characters at most, since gRPC carries a status in the
trailing metadata, of which 8 KiB are sure to arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from kernel.application import errors as engine
from kernel.common.refusals import InvalidInput, Kind, Refusal
from kernel.eventstore.errors import LogUnavailable, UnreadableFact
from kernel.eventstore.log import StoredRefusal

DOMAIN = "corebank"
TEXT_MAX = 200
VIOLATIONS_MAX = 2

OF_KIND = {
    Kind.STATE: code_pb2.FAILED_PRECONDITION,
    Kind.NOT_FOUND: code_pb2.NOT_FOUND,
    Kind.ALREADY_EXISTS: code_pb2.ALREADY_EXISTS,
    Kind.PERMISSION: code_pb2.PERMISSION_DENIED,
    Kind.OUT_OF_RANGE: code_pb2.OUT_OF_RANGE,
}
OF_ENGINE: dict[type[engine.EngineError], int] = {
    engine.Overloaded: code_pb2.RESOURCE_EXHAUSTED,
    engine.NotWriter: code_pb2.UNAVAILABLE,
    engine.Unavailable: code_pb2.UNAVAILABLE,
    engine.DeadlinePassed: code_pb2.DEADLINE_EXCEEDED,
    engine.CommandIdReused: code_pb2.ALREADY_EXISTS,
    engine.Defect: code_pb2.INTERNAL,
    engine.OutcomeUnknown: code_pb2.UNKNOWN,
}
FAILED = "the server failed; it was alarmed"
SAID_OF_DATABASE: dict[type[engine.EngineError], str] = {
    engine.Unavailable: "the database cannot be reached; nothing was done",
    engine.OutcomeUnknown: "it may have been done: send the same command again, or ask for it",
    engine.Defect: FAILED,
}
"""Errors whose own text may quote the database."""


class Denied(Exception):
    """The caller is not known, or may not call the method."""

    def __init__(self, reason: str, message: str, *, known: bool) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = code_pb2.PERMISSION_DENIED if known else code_pb2.UNAUTHENTICATED


def status_of(error: Exception) -> status_pb2.Status:
    """The status of whatever went wrong; what nobody foresaw is INTERNAL without particulars."""
    match error:
        case Refusal():
            return _status(OF_KIND[error.kind], error.code, str(error), error.figures)
        case InvalidInput():
            return _invalid(error)
        case engine.EngineError():
            text = SAID_OF_DATABASE.get(type(error), str(error))
            wait = error.retry_after_ms
            return _status(OF_ENGINE[type(error)], error.code, text, {}, retry_after_ms=wait)
        case Denied():
            return _status(error.code, error.reason, str(error), {})
        case LogUnavailable() | OperationalError() | InterfaceError() | NoConnectionFree():
            return status_of(engine.Unavailable())
        case UnreadableFact():
            position = {"position": error.position}
            return _status(code_pb2.DATA_LOSS, "FACT_UNREADABLE", FAILED, position)
        case _:
            return _status(code_pb2.INTERNAL, "DEFECT", FAILED, {})


def is_foreseen(error: Exception) -> bool:
    """Whether the error belongs to business or to operation, so that nobody need be alarmed."""
    code = status_of(error).code
    return code not in (code_pb2.INTERNAL, code_pb2.DATA_LOSS)


def reason_of(status: status_pb2.Status) -> str:
    """The reason that a status of ours names."""
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    return str(info.reason)


def stored_status(refusal: StoredRefusal) -> status_pb2.Status:
    """The status of a stored refusal: the same bytes each time it is asked for."""
    return _status(OF_KIND[refusal.kind], refusal.code, refusal.message, refusal.figures)


async def abort(context: grpc.aio.ServicerContext[Any, Any], status: status_pb2.Status) -> None:
    """End the call with the status."""
    code = next(c for c in grpc.StatusCode if c.value[0] == status.code)
    details = (("grpc-status-details-bin", status.SerializeToString(deterministic=True)),)
    await context.abort(code, status.message, details)


def _status(
    code: int,
    reason: str,
    message: str,
    figures: Mapping[str, object],
    *more: Message,
    retry_after_ms: int | None = None,
) -> status_pb2.Status:
    message = message[:TEXT_MAX]
    metadata = {name: str(figure)[:TEXT_MAX] for name, figure in figures.items()}
    details = [
        error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata),
        *more,
    ]
    if retry_after_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(retry_after_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail, deterministic=True)
        status.details.append(packed)
    return status


def _invalid(error: InvalidInput) -> status_pb2.Status:
    bad = error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=path[:TEXT_MAX], description=reason[:TEXT_MAX]
            )
            for path, reason in error.violations[:VIOLATIONS_MAX]
        ]
    )
    return _status(code_pb2.INVALID_ARGUMENT, "INVALID_INPUT", str(error), {}, bad)
