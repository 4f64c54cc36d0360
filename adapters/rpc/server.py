"""The gRPC server of one cell: every method goes through one door.

Bounds: ``CONCURRENT_MAX`` calls, ``MESSAGE_BYTES_MAX`` a message, ``DEADLINE_SECONDS`` for a call
that names none, ``STREAM_SECONDS`` for a stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from adapters.cell import Cell
from adapters.rpc import feeds, standing
from adapters.rpc.errors import Denied, abort, status_of, stored_status
from adapters.rpc.methods import COMMANDS, methods, permission_of, request_class, services
from adapters.rpc.reads import Reads, at_of
from adapters.rpc.security import Gate, Principal
from adapters.rpc.writes import StoredNo, Writes, monotonic_deadline
from kernel.application.errors import Defect, EngineError
from kernel.common.refusals import InvalidInput, Refusal
from kernel.eventstore.errors import LogError

DEADLINE_SECONDS = 10.0
STREAM_SECONDS = 3600.0
CONCURRENT_MAX = 2_000
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
GRACE_SECONDS = 5.0
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name

log_ = structlog.get_logger(__name__)
Context = grpc.aio.ServicerContext[Any, Any]


class Door:
    """Admits a call, hands it to writes, reads or feeds, and turns every no into a status."""

    def __init__(self, cell: Cell, gate: Gate) -> None:
        self._cell = cell
        self._gate = gate
        self._writes = Writes(cell.engine)
        self._reads = Reads(cell)

    def handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler of a method, by its shape."""
        decode = request_class(method).FromString

        def encode(reply: Message) -> bytes:
            return reply.SerializeToString(deterministic=True)

        async def unary(message: Any, context: Context) -> Any:
            return await self._unary(method, message, context)

        async def stream(message: Any, context: Context) -> AsyncIterator[Any]:
            async for reply in self._stream(method, message, context):
                yield reply

        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(stream, decode, encode)
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, decode, encode)
        return grpc.unary_unary_rpc_method_handler(unary, decode, encode)

    def _admit(self, method: MethodDescriptor, context: Context) -> Principal:
        metadata = {str(key): value for key, value in context.invocation_metadata() or ()}
        return self._gate.admit(metadata, permission_of(method))

    async def _unary(self, method: MethodDescriptor, message: Any, context: Context) -> Any:
        try:
            who = self._admit(method, context)
            remaining = context.time_remaining()
            deadline = monotonic_deadline(DEADLINE_SECONDS if remaining is None else remaining)
            return await self._answer(method.name, message, who, deadline)
        except Exception as error:
            return await self._refuse(method, error, context)

    async def _answer(self, name: str, message: Any, who: Principal, deadline: float) -> Message:
        if name in COMMANDS:
            return await self._writes.write(name, message, who, deadline)
        if name in self._reads.methods:
            return await asyncio.to_thread(self._reads.read, name, message, deadline)
        match name:
            case "GetCommandOutcome":
                return await self._writes.command_outcome(message, who)
            case "FenceCommand":
                return await self._writes.fence(message, who, deadline)
            case "GetHistory":
                return await asyncio.to_thread(
                    feeds.history, self._cell.log, message, at_of(message)
                )
            case "RunStandingOrders":
                return await standing.run_due(self._cell, who, deadline)
            case _:
                raise AssertionError(f"method {name} has no home")

    async def _stream(
        self, method: MethodDescriptor, message: Any, context: Context
    ) -> AsyncIterator[Any]:
        try:
            who = self._admit(method, context)
            remaining = context.time_remaining()
            deadline = monotonic_deadline(STREAM_SECONDS if remaining is None else remaining)
            replies: AsyncIterator[Any]
            if method.client_streaming:
                replies = self._writes.stream_transfers(message, who, deadline)
            else:
                replies = feeds.stream_events(self._cell.log, message)
            async for reply in replies:
                yield reply
        except Exception as error:
            await self._refuse(method, error, context)

    async def _refuse(self, method: MethodDescriptor, error: Exception, context: Context) -> None:
        if isinstance(error, StoredNo):
            await abort(context, stored_status(error.refusal))
        foreseen = (Refusal, InvalidInput, EngineError, Denied, LogError)
        if not isinstance(error, foreseen) or isinstance(error, Defect):
            log_.error("rpc.failed", method=method.full_name, exc_info=error)
        await abort(context, status_of(error))


def build(cell: Cell, gate: Gate) -> tuple[grpc.aio.Server, HealthServicer]:
    """The server with all services, health and reflection; not started, no port yet."""
    server = grpc.aio.server(
        maximum_concurrent_rpcs=CONCURRENT_MAX,
        options=[
            ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
            ("grpc.max_send_message_length", 4 * MESSAGE_BYTES_MAX),
            ("grpc.so_reuseport", 0),
        ],
    )
    door = Door(cell, gate)
    for service in services():
        handlers = {method.name: door.handler(method) for method in service.methods}
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service.full_name, handlers),)
        )
    healthy = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    names = [service.full_name for service in services()]
    reflection.enable_server_reflection([*names, HEALTH, reflection.SERVICE_NAME], server)
    assert set(methods()) >= set(COMMANDS), "a command without a method"
    return server, healthy


async def serve(cell: Cell, gate: Gate, listen: str, stopping: asyncio.Event) -> None:
    """Serve until ``stopping`` is set; calls under way get ``GRACE_SECONDS`` to end."""
    server, healthy = build(cell, gate)
    port = server.add_insecure_port(listen)
    await server.start()
    await healthy.set("", health_pb2.HealthCheckResponse.SERVING)
    log_.info("server.listening", address=listen, port=port)
    await stopping.wait()
    await healthy.enter_graceful_shutdown()
    await server.stop(GRACE_SECONDS)
