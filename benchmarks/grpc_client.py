"""A client process of the load: makes its messages first, says that it is ready, then sends.

``python -m benchmarks.grpc_client ADDRESS JOB``, the job as JSON; it sends when a line comes in,
and prints its figures as JSON.
Units: seconds of the wall, seconds of this process's CPU; times of calls in milliseconds.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import msgspec
from corebank.payment.v1 import payment_pb2

from benchmarks.grpc_server import ECHO

SERVICE = "/corebank.payment.v1.PaymentService/"
CALL_SECONDS = 60.0


class Job(msgspec.Struct, kw_only=True):
    """What to send. ``kind`` is ``bulk``, ``unary`` or ``echo``.

    Payments go round among ``accounts`` accounts, or all to the first one with ``hot_merchant``.
    ``per_second`` paces single calls; 0 sends the next one as soon as an answer is there.
    """

    kind: str
    tag: str
    count: int
    accounts: int
    per_message: int = 1_000
    in_flight: int = 64
    per_second: float = 0.0
    hot_merchant: bool = False


class Sent(msgspec.Struct, kw_only=True):
    """What came of it; ``call_ms`` holds every single call."""

    count: int
    seconds: float
    cpu_seconds: float
    call_ms: list[float]


def transfer(job: Job, number: int) -> payment_pb2.TransferRequest:
    """The transfer of that number; payers go round, so that all accounts keep their money."""
    payer = 2 + number % (job.accounts - 1)
    payee = 1 if job.hot_merchant else 2 + (number + 1) % (job.accounts - 1)
    return payment_pb2.TransferRequest(
        command_id=f"{job.tag}-{number:08d}",
        ordering_customer_id=f"C-{payer}",
        payer_account_id=f"A-{payer}",
        payee_account_id=f"A-{payee}",
        amount_minor=1 + number % 3,
        currency="CNY",
    )


def prepared(job: Job) -> list[bytes]:
    """Every message of the job, ready to be sent."""
    if job.kind == "echo":
        return [b""] * job.count
    if job.kind == "unary":
        return [transfer(job, number).SerializeToString() for number in range(job.count)]
    return [
        payment_pb2.StreamTransfersRequest(
            transfers=[transfer(job, n) for n in range(first, first + job.per_message)],
            brief=True,
        ).SerializeToString()
        for first in range(0, job.count, job.per_message)
    ]


async def bulk(channel: grpc.aio.Channel, messages: list[bytes]) -> list[bytes]:
    """Send all messages over one stream; the answers."""

    async def sent() -> AsyncIterator[bytes]:
        for message in messages:
            yield message

    call: Any = channel.stream_stream(SERVICE + "StreamTransfers")
    return [reply async for reply in call(sent(), timeout=10 * CALL_SECONDS)]


async def single(channel: grpc.aio.Channel, job: Job, messages: list[bytes]) -> list[float]:
    """Send every message as a call, some in flight; milliseconds of each."""
    call: Any = channel.unary_unary(ECHO if job.kind == "echo" else SERVICE + "Transfer")
    left = iter(enumerate(messages))
    began = time.perf_counter()
    took: list[float] = []

    async def work() -> None:
        for number, message in left:
            due = began + number / job.per_second if job.per_second else 0.0
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            asked = due or time.perf_counter()
            await call(message, timeout=CALL_SECONDS)
            took.append(1000 * (time.perf_counter() - asked))

    await asyncio.gather(*(work() for _ in range(job.in_flight)))
    return took


def require_made(job: Job, replies: list[bytes]) -> None:
    """Every transfer of the bulk has its payment; raises AssertionError."""
    answers = [payment_pb2.StreamTransfersResponse.FromString(reply) for reply in replies]
    refused = [outcome for answer in answers for outcome in answer.outcomes]
    made = sum(len(answer.payment_ids) for answer in answers)
    assert not refused, refused[0]
    assert made == job.count, made


def cpu_seconds() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def run(address: str, job: Job) -> Sent:
    """Prepare, wait for the word, send."""
    messages = prepared(job)
    options = [("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        await channel.channel_ready()
        print("ready", flush=True)
        sys.stdin.readline()
        before, began = cpu_seconds(), time.perf_counter()
        took, replies = list[float](), list[bytes]()
        if job.kind == "bulk":
            replies = await bulk(channel, messages)
        else:
            took = await single(channel, job, messages)
        seconds, used = time.perf_counter() - began, cpu_seconds() - before
    if job.kind == "bulk":
        require_made(job, replies)
    return Sent(count=job.count, seconds=seconds, cpu_seconds=used, call_ms=took)


def main() -> None:
    """Do one job."""
    address, job = sys.argv[1:]
    sent = asyncio.run(run(address, msgspec.json.decode(job, type=Job)))
    print(msgspec.json.encode(sent).decode(), flush=True)


if __name__ == "__main__":
    main()
