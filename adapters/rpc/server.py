"""The gRPC server of one cell: every method goes through one door.

Bounds: ``CONCURRENT_MAX`` calls, ``MESSAGE_BYTES_MAX`` a message (a bulk transfer of 10,000 items
with full texts fits), ``READ_THREADS`` questions at once. A call that names no deadline gets
``DEADLINE_SECONDS``, one of ``LONG_METHODS`` gets ``LONG_SECONDS``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer
from grpc_reflection.v1alpha import reflection

from adapters.cell import Cell
from adapters.rpc import feeds, standing
from adapters.rpc.closes import Closes
from adapters.rpc.convert import plain
from adapters.rpc.errors import abort, is_foreseen, status_of, stored_status
from adapters.rpc.methods import COMMANDS, methods, permission_of, request_class, services
from adapters.rpc.questions import at_of
from adapters.rpc.reads import Reads
from adapters.rpc.security import Gate, Principal
from adapters.rpc.transfer_rows import read_transfer
from adapters.rpc.writes import StoredNo, Writes, monotonic_deadline
from kernel.application.errors import DeadlinePassed
from kernel.common.refusals import InvalidInput

DEADLINE_SECONDS = 10.0
LONG_SECONDS = 3600.0
LONG_METHODS = frozenset({"StreamTransfers", "StreamEvents", "VerifyLedger", "RunStandingOrders"})
TRANSFER = "Transfer"
"""The everyday payment has a short way from the wire; see ``transfer_rows``."""
CONCURRENT_MAX = 2_000
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
READ_THREADS = 16
GRACE_SECONDS = 5.0
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name

log_ = structlog.get_logger(__name__)
Context = grpc.aio.ServicerContext[Any, Any]


class Door:
    """Admits a call, hands it to writes, reads or feeds, and turns every no into a status."""

    def __init__(self, cell: Cell, gate: Gate) -> None:
        self._cell = cell
        self._gate = gate
        self._writes = Writes(cell.engine, cell.log)
        self._reads = Reads(cell)
        self._closes = Closes(cell)

    def handler(self, method: MethodDescriptor) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler of a method, by its shape; it takes bytes, so that a no to them is ours."""

        def encode(reply: Message) -> bytes:
            return reply.SerializeToString(deterministic=True)

        async def unary(data: bytes, context: Context) -> Any:
            return await self._unary(method, data, context)

        async def stream(data: Any, context: Context) -> AsyncIterator[Any]:
            async for reply in self._stream(method, data, context):
                yield reply

        if method.client_streaming:
            return grpc.stream_stream_rpc_method_handler(stream, None, encode)
        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, None, encode)
        return grpc.unary_unary_rpc_method_handler(unary, None, encode)

    def _admit(self, method: MethodDescriptor, context: Context) -> Principal:
        metadata: Any = dict(context.invocation_metadata() or ())
        return self._gate.admit(metadata, permission_of(method))

    async def _unary(self, method: MethodDescriptor, data: bytes, context: Context) -> Any:
        try:
            who = self._admit(method, context)
            deadline = monotonic_deadline(seconds_for(method, context))
            message = read(method, data)
            if method.name == TRANSFER:
                return await self._writes.transfer(message, who, deadline)
            if method.name in COMMANDS:
                return await self._writes.write(method.name, message, who, deadline)
            plain(message)
            return await self._answer(method.name, message, who, deadline)
        except Exception as error:
            return await self._refuse(method, error, context)

    async def _answer(self, name: str, message: Any, who: Principal, deadline: float) -> Message:
        if name in self._reads.questions:
            return await within(deadline, self._reads.read, name, message, deadline)
        match name:
            case "GetCommandOutcome":
                return await self._writes.command_outcome(message, who)
            case "FenceCommand":
                return await self._writes.fence(message, who, deadline)
            case "GetHistory":
                at = at_of(message, dated=True)
                return await within(deadline, feeds.history, self._cell.log, message, at)
            case "RunStandingOrders":
                return await standing.run_due(self._cell, who, deadline)
            case "StartDayClose" | "GetDayClose" | "ListObservations":
                return await within(deadline, self._closes.answer, name, message)
            case _:
                raise AssertionError(f"method {name} has no home")

    async def _stream(
        self, method: MethodDescriptor, data: Any, context: Context
    ) -> AsyncIterator[Any]:
        try:
            who = self._admit(method, context)
            deadline = monotonic_deadline(seconds_for(method, context))
            replies: AsyncIterator[Any]
            if method.client_streaming:
                replies = self._writes.stream_transfers(data, who, deadline)
            else:
                replies = feeds.stream_events(self._cell.log, read(method, data))
            async for reply in replies:
                yield reply
        except Exception as error:
            await self._refuse(method, error, context)

    async def _refuse(self, method: MethodDescriptor, error: Exception, context: Context) -> None:
        if isinstance(error, StoredNo):
            await abort(context, stored_status(error.refusal))
        if not is_foreseen(error):
            log_.error("rpc.failed", method=method.full_name, exc_info=error)
        await abort(context, status_of(error))


def read(method: MethodDescriptor, data: bytes) -> Any:
    """The request in the bytes; raises InvalidInput when it is none."""
    try:
        if method.name == TRANSFER:
            return read_transfer(data)
        return request_class(method).FromString(data)
    except DecodeError:
        raise InvalidInput(("$", f"not a {method.input_type.name}")) from None


def seconds_for(method: MethodDescriptor, context: Context) -> float:
    """Seconds that a call may take: what its client gave, or a sane bound."""
    remaining = context.time_remaining()
    if remaining is not None:
        return remaining
    return LONG_SECONDS if method.name in LONG_METHODS else DEADLINE_SECONDS


async def within(deadline: float, ask: Callable[..., Message], *asked: Any) -> Message:
    """The answer to a question, from a thread of its own; raises DeadlinePassed.

    Only for what changes nothing: the thread of a late question ends by itself, unheard.
    """
    left = deadline - time.monotonic()
    try:
        return await asyncio.wait_for(asyncio.to_thread(ask, *asked), left)
    except TimeoutError:
        raise DeadlinePassed("the deadline passed before there was an answer") from None


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


class CannotListen(Exception):
    """The server cannot have its address."""


async def serve(
    cell: Cell,
    gate: Gate,
    listen: str,
    stopping: asyncio.Event,
    *,
    also: Sequence[grpc.GenericRpcHandler] = (),
) -> None:
    """Serve until ``stopping`` is set; calls under way get ``GRACE_SECONDS`` to end.

    ``also`` are handlers besides those of the kernel; they see no gate.
    Raises CannotListen.
    """
    threads = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="read")
    asyncio.get_running_loop().set_default_executor(threads)
    server, healthy = build(cell, gate)
    server.add_generic_rpc_handlers(also)
    try:
        port = server.add_insecure_port(listen)
    except RuntimeError as error:
        raise CannotListen(f"{listen} is taken, or no address of this machine") from error
    await server.start()
    for name in ("", *(service.full_name for service in services())):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    log_.info("server.listening", address=listen, port=port)
    await stopping.wait()
    await healthy.enter_graceful_shutdown()
    await server.stop(GRACE_SECONDS)
