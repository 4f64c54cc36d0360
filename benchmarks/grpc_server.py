"""A server of one ledger as ``corebank serve`` runs it, with one more method that does nothing.

``python -m benchmarks.grpc_server URL SCHEMA ADDRESS``; it ends with SIGTERM. What the empty method
costs is what gRPC itself costs: every ratio of a call is taken against it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import grpc

from adapters.cell import Cell, running
from adapters.database import Database
from adapters.rpc.security import Gate
from adapters.rpc.server import serve
from adapters.settings import Follow

ECHO = "/benchmarks.Echo/Echo"


async def _echo(message: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
    return b""


def echo_handler() -> grpc.GenericRpcHandler:
    """The method that takes bytes and answers with none."""
    service, _, name = ECHO[1:].partition("/")
    method: Any = grpc.unary_unary_rpc_method_handler(_echo)
    return grpc.method_handlers_generic_handler(service, {name: method})


async def _until_terminated(cell: Cell, address: str) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    gate = Gate.of(None, address, development=True)
    await serve(cell, gate, address, stopping, also=[echo_handler()])


def main() -> None:
    """Serve until SIGTERM."""
    url, schema, address = sys.argv[1:]
    sql = Database(url, schema).sqlalchemy_engine()
    with running(Cell(url, schema, sql, follow=Follow.PROCESS)) as cell:
        asyncio.run(_until_terminated(cell, address))
    sql.dispose()


if __name__ == "__main__":
    main()
