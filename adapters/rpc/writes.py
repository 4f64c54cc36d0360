"""Writes: a request becomes a command, the engine answers, the answer becomes a message.

The reply is built from the facts alone, so the same command gets the same bytes for ever.
"""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from functools import lru_cache

from corebank.common.v1 import common_pb2
from corebank.operation.v1 import operation_pb2
from corebank.payment.v1 import payment_pb2
from google.protobuf.message import Message

from adapters.rpc.convert import plain
from adapters.rpc.mailbox import Mailbox
from adapters.rpc.methods import methods, reply_class
from adapters.rpc.questions import at_of, known_position
from adapters.rpc.requests import command_id_of, request_of
from adapters.rpc.security import Principal
from adapters.rpc.transfer_rows import Found, transfer_request
from adapters.rpc.transfer_stream import TransferStream
from kernel.application.engine import Engine
from kernel.application.requests import Accepted, Outcome, Refused, Request
from kernel.common.commands import Command
from kernel.eventstore.catalogue import EVENTS
from kernel.eventstore.log import CommandKey, Log


class StoredNo(Exception):
    """The command was refused, now or earlier; the stored refusal is the answer."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.refusal.message)
        self.refusal = refused.refusal


def receipt(outcome: Accepted) -> common_pb2.Receipt:
    """What a write came to, from its facts."""
    first, last = outcome.facts[0], outcome.facts[-1]
    return common_pb2.Receipt(
        position=first.position,
        last_position=last.position,
        command_id=first.command_id,
        booking_date=_said(first.booking_date),
        value_date=_said(first.value_date),
        recorded_at=_said(first.recorded_at),
        event_names=[EVENTS.name_of(fact.event) for fact in outcome.facts],
    )


@lru_cache(maxsize=64)
def _said(at: datetime.date) -> str:
    """The day, or the time in UTC, as ISO 8601 text; the same for many facts in a row."""
    return at.isoformat()


class Writes:
    """Every method that changes something."""

    def __init__(self, engine: Engine, log: Log) -> None:
        self._engine = engine
        self._log = log
        self._boxed: Mailbox | None = None

    async def write(
        self, method: str, message: Message, who: Principal, deadline: float
    ) -> Message:
        """Any method whose request is a command; raises StoredNo, InvalidInput, EngineError."""
        return await self._write(method, request_of(method, plain(message), who, deadline))

    async def transfer(self, found: Found, who: Principal, deadline: float) -> Message:
        """As ``write``, for the everyday payment."""
        return await self._write("Transfer", transfer_request(found, who, deadline))

    async def _write(self, method: str, request: Request) -> Message:
        outcome = await self._mailbox().submit(request)
        if isinstance(outcome, Refused):
            raise StoredNo(outcome)
        reply: Message = reply_class(methods()[method])(receipt=receipt(outcome))
        return reply

    def stream_transfers(
        self, messages: AsyncIterator[bytes], who: Principal, deadline: float
    ) -> AsyncIterator[payment_pb2.StreamTransfersResponse]:
        """Each transfer a command of its own; see ``transfer_stream``."""
        stream = TransferStream(self._engine, self._mailbox(), who, deadline)
        return stream.answers(messages)

    async def command_outcome(
        self, message: operation_pb2.GetCommandOutcomeRequest, who: Principal
    ) -> operation_pb2.GetCommandOutcomeResponse:
        """What became of one of the caller's commands; a refusal has no position, so is known."""
        key = CommandKey(who.name, command_id_of(plain(message)))
        at = at_of(message, dated=False)
        known_at = await asyncio.to_thread(known_position, self._log, at)
        outcome = await asyncio.to_thread(self._engine.outcome, key)
        if isinstance(outcome, Accepted) and at.known_at is not None:
            outcome = None if outcome.facts[0].position > known_at else outcome
        return operation_pb2.GetCommandOutcomeResponse(outcome=as_message(outcome))

    async def fence(
        self, message: operation_pb2.FenceCommandRequest, who: Principal, deadline: float
    ) -> operation_pb2.FenceCommandResponse:
        """Declare that a command never happens, or learn what it came to."""
        request = Request(
            principal=who.name,
            channel=who.channel,
            method="FenceCommand",
            command_id=command_id_of(plain(message)),
            command=Command(),
            deadline=deadline,
        )
        outcome = await settled(self._engine.fence(request))
        return operation_pb2.FenceCommandResponse(outcome=as_message(outcome))

    def _mailbox(self) -> Mailbox:
        """The one of the running loop."""
        loop = asyncio.get_running_loop()
        if self._boxed is None or self._boxed.loop is not loop:
            self._boxed = Mailbox(self._engine, loop)
        return self._boxed


def as_message(outcome: Outcome | None) -> operation_pb2.CommandOutcome:
    """An outcome, or that none is known, as a message."""
    if outcome is None:
        return operation_pb2.CommandOutcome(status=operation_pb2.OUTCOME_STATUS_NOT_KNOWN)
    if isinstance(outcome, Accepted):
        return operation_pb2.CommandOutcome(
            status=operation_pb2.OUTCOME_STATUS_ACCEPTED, receipt=receipt(outcome)
        )
    refusal = outcome.refusal
    return operation_pb2.CommandOutcome(
        status=operation_pb2.OUTCOME_STATUS_REFUSED,
        code=refusal.code,
        message=refusal.message,
        figures={name: str(figure) for name, figure in refusal.figures.items()},
    )


async def settled(answer: Future[Outcome]) -> Outcome:
    """The engine's answer. A client that goes away does not reach into the engine's future.

    What was asked for goes on: cancelled never means not done.
    """
    return await asyncio.shield(asyncio.wrap_future(answer))


def monotonic_deadline(seconds: float) -> float:
    """So many seconds from now, on the clock that the engine uses."""
    return time.monotonic() + seconds
