"""A client of the kernel that takes plain values: for the day feed, the reports and the tests.

A channel system uses the generated stubs (docs/how-to-channel.md); this one looks methods up by
their short name, so that a line of a day file needs no more than ``{"method": "Transfer", ...}``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from adapters.rpc.convert import fill
from adapters.rpc.methods import methods, reply_class, request_class
from kernel.common.refusals import InvalidInput

CALL_SECONDS = 30.0


def message(method: str, fields: Mapping[str, Any]) -> Message:
    """The request message of a method, filled from plain values; raises InvalidInput."""
    if method not in methods():
        raise InvalidInput(("method", f"unknown method {method!r}"))
    request = request_class(methods()[method])()
    fill(request, fields)
    return request


class CallRefused(Exception):
    """The kernel said no, or gave no answer: code, message, figures as the status carries them."""

    def __init__(self, error: grpc.RpcError) -> None:
        self.status: grpc.StatusCode = error.code()
        self.reason, self.figures = str(self.status.name), dict[str, str]()
        self.violations: list[tuple[str, str]] = []
        self.message = error.details() or ""
        rich = rpc_status.from_call(error)
        for detail in rich.details if rich else ():
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                self.reason, self.figures = info.reason, dict(info.metadata)
            elif detail.Unpack(bad):
                self.violations = [(v.field, v.description) for v in bad.field_violations]
        super().__init__(f"{self.reason}: {self.message}")


class Client:
    """A channel to one server, speaking as one principal (by token) or as several (one each)."""

    def __init__(self, target: str, token: str = "") -> None:
        self._channel = grpc.insecure_channel(target)
        self._token = token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._channel.close()

    def wait_until_ready(self, seconds: float = 20.0) -> None:
        """Return when the server takes calls; raises grpc.FutureTimeoutError."""
        grpc.channel_ready_future(self._channel).result(timeout=seconds)

    def call(
        self,
        method: str,
        fields: Mapping[str, Any],
        *,
        token: str | None = None,
        seconds: float = CALL_SECONDS,
    ) -> Any:
        """One call; the reply message, or CallRefused."""
        request = message(method, fields)
        try:
            return self._invoke("unary_unary", method)(
                request, timeout=seconds, metadata=self._metadata(token)
            )
        except grpc.RpcError as error:
            raise CallRefused(error) from error

    def stream(
        self,
        method: str,
        requests: Iterator[Message],
        *,
        token: str | None = None,
        seconds: float = 600.0,
    ) -> Iterator[Any]:
        """A call with many requests and many replies."""
        replies = self._invoke("stream_stream", method)(
            requests, timeout=seconds, metadata=self._metadata(token)
        )
        try:
            yield from replies
        except grpc.RpcError as error:
            raise CallRefused(error) from error

    def listen(
        self, method: str, fields: Mapping[str, Any], *, token: str | None = None
    ) -> Iterator[Any]:
        """A call with one request and many replies, until the server ends it."""
        call = self._invoke("unary_stream", method)
        try:
            yield from call(message(method, fields), metadata=self._metadata(token))
        except grpc.RpcError as error:
            raise CallRefused(error) from error

    def _invoke(self, shape: str, method: str) -> Any:
        descriptor = methods()[method]
        return getattr(self._channel, shape)(
            f"/{descriptor.containing_service.full_name}/{descriptor.name}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=reply_class(descriptor).FromString,
        )

    def _metadata(self, token: str | None) -> list[tuple[str, str]]:
        chosen = self._token if token is None else token
        return [("authorization", f"Bearer {chosen}")] if chosen else []
