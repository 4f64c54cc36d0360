"""StreamTransfers: many transfers in a message, each a command of its own with its own outcome.

Bounds: ``TRANSFERS_PER_MESSAGE``; ``MESSAGES_AT_ONCE`` messages of one stream are under way, so
that there are enough for the next batch of the engine while it decides one and commits another;
gRPC's flow control makes the client wait. Where the engine's queue is full a stream waits for room:
it is slowed, not failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence

import msgspec
from corebank.payment.v1 import payment_pb2
from google.protobuf.message import DecodeError

from adapters.rpc.convert import require_known
from adapters.rpc.errors import reason_of, status_of
from adapters.rpc.mailbox import Answered, Mailbox
from adapters.rpc.security import Principal
from adapters.rpc.transfer_rows import KINDS, Found, transfer_request
from cython_ext.wire_rows import rows
from kernel.application.engine import Engine
from kernel.application.requests import Accepted, Refused, Request
from kernel.application.work import Answer
from kernel.common.refusals import InvalidInput

TRANSFERS_PER_MESSAGE = 1_000
MESSAGE_SECONDS = 10.0
"""Time for the transfers of one message of a stream, however long the stream may last."""
MESSAGES_AT_ONCE = 16
LOOK_AGAIN_SECONDS = 0.01
TRANSFERS = payment_pb2.StreamTransfersRequest.DESCRIPTOR.fields_by_name["transfers"].number


class Unshaped(msgspec.Struct, frozen=True):
    """A transfer that no request could be made of, and why."""

    command_id: str
    error: InvalidInput


class Sent(msgspec.Struct, frozen=True):
    """What a message asks for, transfer by transfer."""

    transfers: list[Request | Unshaped]
    is_brief: bool


class UnderWay(msgspec.Struct, frozen=True):
    """A message whose transfers are with the engine."""

    sent: Sent
    answered: Answered


class TransferStream:
    """One stream of one principal."""

    def __init__(self, engine: Engine, mailbox: Mailbox, who: Principal, deadline: float) -> None:
        self._engine = engine
        self._mailbox = mailbox
        self._who = who
        self._deadline = deadline

    async def answers(
        self, messages: AsyncIterator[bytes]
    ) -> AsyncIterator[payment_pb2.StreamTransfersResponse]:
        """The answers in the order of the messages.

        Raises InvalidInput for a message that is none; those before it are answered first.
        """
        # One is awaited here, one is held by the reader; the queue holds the others.
        queue: asyncio.Queue[UnderWay | Exception | None] = asyncio.Queue(MESSAGES_AT_ONCE - 2)
        reader = asyncio.create_task(self._read(messages, queue))
        try:
            while (under_way := await queue.get()) is not None:
                if isinstance(under_way, Exception):
                    raise under_way
                yield reply(under_way.sent, await under_way.answered)
        finally:
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _read(
        self,
        messages: AsyncIterator[bytes],
        queue: asyncio.Queue[UnderWay | Exception | None],
    ) -> None:
        try:
            async for data in messages:
                until = min(self._deadline, time.monotonic() + MESSAGE_SECONDS)
                sent = read(data, self._who, until)
                requests = [one for one in sent.transfers if type(one) is Request]
                while not self._engine.has_room_for(len(requests)) and time.monotonic() < until:
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
                await queue.put(UnderWay(sent, self._mailbox.submit_many(requests)))
            await queue.put(None)
        except Exception as error:
            await queue.put(error)


def read(data: bytes, who: Principal, deadline: float) -> Sent:
    """What a message asks for; raises InvalidInput when it is none, is empty or overfull."""
    found, rest = rows(data, TRANSFERS, KINDS)
    try:
        message = payment_pb2.StreamTransfersRequest.FromString(rest)
        require_known(message)
        # An unusual message has no rows; its transfers are in the rest.
        transfers = [_transfer(one, who, deadline) for one in found or message.transfers]
    except DecodeError:
        raise InvalidInput(("$", "not a StreamTransfersRequest")) from None
    if not 1 <= len(transfers) <= TRANSFERS_PER_MESSAGE:
        raise InvalidInput(("transfers", f"1 to {TRANSFERS_PER_MESSAGE} in one message"))
    return Sent(transfers, message.brief)


def _transfer(found: Found | bytes, who: Principal, deadline: float) -> Request | Unshaped:
    if isinstance(found, bytes):
        found = payment_pb2.TransferRequest.FromString(found)
    try:
        return transfer_request(found, who, deadline)
    except InvalidInput as error:
        command_id = found[0] if isinstance(found, tuple) else found.command_id
        return Unshaped(command_id, error)


def reply(sent: Sent, answers: Sequence[Answer]) -> payment_pb2.StreamTransfersResponse:
    """The answer to a message, in the form that it asked for."""
    given = iter(answers)
    pairs = [(one, one.error if type(one) is Unshaped else next(given)) for one in sent.transfers]
    if not sent.is_brief:
        outcomes = [_outcome(one.command_id, answer) for one, answer in pairs]
        return payment_pb2.StreamTransfersResponse(outcomes=outcomes)
    ids = [a.facts[0].position if type(a) is Accepted else 0 for _, a in pairs]
    not_made = [_outcome(one.command_id, a) for one, a in pairs if type(a) is not Accepted]
    return payment_pb2.StreamTransfersResponse(payment_ids=ids, outcomes=not_made)


def _outcome(command_id: str, answer: Answer) -> payment_pb2.TransferOutcome:
    result = payment_pb2.TransferOutcome(command_id=command_id)
    if isinstance(answer, Accepted):
        result.payment_id = answer.facts[0].position
    elif isinstance(answer, Refused):
        result.code, result.message = answer.refusal.code, answer.refusal.message
        figures = answer.refusal.figures.items()
        result.figures.update({name: str(figure) for name, figure in figures})
    else:
        status = status_of(answer)
        result.code, result.message = reason_of(status), status.message
    return result
