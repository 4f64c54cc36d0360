"""Writes: the reply follows from the facts; each transfer of a stream has its own outcome."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from corebank.common.v1 import common_pb2
from corebank.operation.v1 import operation_pb2
from corebank.payment.v1 import payment_pb2

from adapters.rpc.convert import fill
from adapters.rpc.errors import reason_of, status_of
from adapters.rpc.security import Principal
from adapters.rpc.transfer_stream import MESSAGES_AT_ONCE, TRANSFERS_PER_MESSAGE
from adapters.rpc.writes import StoredNo, Writes
from kernel.application.clock import SystemClock
from kernel.application.engine import Engine
from kernel.application.errors import CommandIdReused, DeadlinePassed, Overloaded
from kernel.application.requests import Accepted, Request
from kernel.application.work import Deliver
from kernel.common.refusals import InvalidInput
from kernel.eventstore.memory import MemoryLog
from kernel.projections.refusals import Unanswerable
from tests.support.bank import Bank, deposit, running_bank, transfer
from tests.support.bank import request as asked

TELLER = Principal(name="teller", channel="COUNTER", permissions=("*",))
CASH = {"source": "CASH", "branch_id": "0755"}
OTHER = Principal(name="other", channel="COUNTER", permissions=("*",))


@pytest.fixture
def bank() -> Iterator[Bank]:
    """A bank with an open day, on a log in memory."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        yield bank


@pytest.fixture
def writes(bank: Bank) -> Writes:
    """The writing methods of that bank."""
    return Writes(bank.engine, bank.log)


def message(command_id: str, amount_minor: int = 100, **more: object) -> Any:
    """A transfer message."""
    request = payment_pb2.TransferRequest()
    fill(request, {"command_id": command_id, **transfer(amount_minor), **more})
    return request


def write(writes: Writes, request: Any, who: Principal = TELLER, seconds: float = 10.0) -> Any:
    """The reply of a transfer."""
    return asyncio.run(writes.write("Transfer", request, who, time.monotonic() + seconds))


def replies(writes: Writes, *messages: payment_pb2.StreamTransfersRequest) -> list[Any]:
    """The answers of a stream."""

    async def sent() -> AsyncIterator[bytes]:
        for message in messages:
            yield message.SerializeToString()

    async def run() -> list[Any]:
        until = time.monotonic() + 10
        return [reply async for reply in writes.stream_transfers(sent(), TELLER, until)]

    return asyncio.run(run())


def stream(writes: Writes, *messages: list[Any]) -> list[list[Any]]:
    """The outcomes of a stream, message by message."""
    sent = [payment_pb2.StreamTransfersRequest(transfers=one) for one in messages]
    return [list(reply.outcomes) for reply in replies(writes, *sent)]


def test_the_same_command_has_the_same_bytes(writes: Writes, bank: Bank) -> None:
    """Sent again, and decomposed: one receipt, one event."""
    head = bank.log.head().position
    replies = [
        write(writes, message("t-1", text=text)).SerializeToString(deterministic=True)
        for text in ("Caf\u00e9", "Caf\u00e9", "Cafe\u0301")
    ]
    assert len(set(replies)) == 1
    assert bank.log.head().position == head + 1


def test_a_refusal_is_stored_and_given_again(writes: Writes, bank: Bank) -> None:
    """Also when the money has come meanwhile."""
    no = []
    for _ in range(2):
        with pytest.raises(StoredNo) as caught:
            write(writes, message("t-1", 100_001))
        no.append(caught.value.refusal)
        bank.done("Deposit", account_id="A-1", amount_minor=5, currency="CNY", **CASH)
    assert no[0] == no[1]
    assert no[0].code == "INSUFFICIENT_FUNDS"


def test_an_id_used_for_another_amount_is_refused(writes: Writes, bank: Bank) -> None:
    """And another principal's id is another id."""
    write(writes, message("t-1"))
    head = bank.log.head().position
    with pytest.raises(CommandIdReused):
        write(writes, message("t-1", 101))
    assert bank.log.head().position == head
    assert write(writes, message("t-1", 101), OTHER).receipt.position == head + 1


def test_a_command_whose_time_is_over_is_definitely_not_done(writes: Writes, bank: Bank) -> None:
    """Nothing is in the log, and the same id can be used again."""
    head = bank.log.head().position
    with pytest.raises(DeadlinePassed):
        write(writes, message("t-1"), seconds=-1)
    assert bank.log.head().position == head
    assert write(writes, message("t-1")).receipt.position == head + 1


def test_each_transfer_of_a_stream_has_its_own_outcome(writes: Writes) -> None:
    """Made, refused by a rule, badly shaped, id used before: neighbours are not touched."""
    [first, second] = stream(
        writes,
        [message("s-1"), message("s-2", 10**9), message("s-3", 0), message("")],
        [message("s-1"), message("s-1", 7)],
    )
    invalid = "INVALID_INPUT"
    assert [one.code for one in first] == ["", "INSUFFICIENT_FUNDS", invalid, invalid]
    assert first[0].payment_id > 0
    assert (first[1].payment_id, first[1].figures["asked_minor"]) == (0, str(10**9))
    assert "amount_minor" in first[2].message
    assert second[0] == first[0]
    assert second[1].code == "COMMAND_ID_REUSED"


@pytest.mark.parametrize("count", [0, TRANSFERS_PER_MESSAGE + 1])
def test_a_message_of_a_stream_is_bounded(writes: Writes, bank: Bank, count: int) -> None:
    """Empty or overfull: the stream ends, nothing of it is done."""
    head = bank.log.head().position
    with pytest.raises(InvalidInput) as caught:
        stream(writes, [message(f"s-{i}") for i in range(count)])
    assert caught.value.violations[0][0] == "transfers"
    assert bank.log.head().position == head


def test_a_brief_answer_names_payments_and_only_what_was_not_made(writes: Writes) -> None:
    """The same command ids get the same payments in either form."""
    transfers = [message("s-1"), message("s-2", 10**9), message("s-3", 0), message("s-4")]
    [full] = stream(writes, transfers)
    sent = payment_pb2.StreamTransfersRequest(transfers=transfers, brief=True)
    [brief] = replies(writes, sent)
    assert list(brief.payment_ids) == [one.payment_id for one in full]
    assert list(brief.outcomes) == [full[1], full[2]]


def test_answers_come_in_the_order_of_the_messages(writes: Writes) -> None:
    """More messages than are under way at once; each waits for no later one."""
    sent = [[message(f"s-{n}-{i}", 1) for i in range(3)] for n in range(4 * MESSAGES_AT_ONCE)]
    found = [[one.command_id for one in answer] for answer in stream(writes, *sent)]
    assert found == [[one.command_id for one in each] for each in sent]


def test_a_message_is_answered_before_the_next_one_is_sent(writes: Writes) -> None:
    """A client that waits for each answer gets it; nothing is held back for company."""

    async def run() -> list[int]:
        heard = asyncio.Event()
        heard.set()

        async def sent() -> AsyncIterator[bytes]:
            for number in range(3):
                await heard.wait()
                heard.clear()
                one = payment_pb2.StreamTransfersRequest(transfers=[message(f"s-{number}")])
                yield one.SerializeToString()

        payments = []
        async for reply in writes.stream_transfers(sent(), TELLER, time.monotonic() + 10):
            payments += [one.payment_id for one in reply.outcomes]
            heard.set()
        return payments

    payments = asyncio.run(run())
    assert payments == list(range(payments[0], payments[0] + 3))


def test_a_full_queue_turns_calls_away_and_slows_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single call is told to come back; a stream waits for room, and its transfers are made."""
    log = MemoryLog()
    with running_bank(log) as bank:
        bank.open_day()
    monkeypatch.setattr("kernel.application.engine.QUEUE_LIMIT", 4)
    full = Bank(log)
    full.engine.take_over()
    writes = Writes(full.engine, log)
    waiting = [full.engine.submit(asked("Deposit", f"d-{n}", **deposit(1))) for n in range(4)]
    with pytest.raises(Overloaded):
        write(writes, message("t-1"))
    start = threading.Timer(0.1, full.engine.start)
    start.start()
    answers = stream(writes, [message("s-1"), message("s-2")], [message("s-3")])
    assert all(one.payment_id for answer in answers for one in answer)
    assert all(isinstance(one.result(10), Accepted) for one in waiting)
    start.join()
    full.engine.stop()


class BrokenEngine(Engine):
    """An engine with a defect that nobody foresaw."""

    def submit_many(self, requests: Sequence[Request], deliver: Deliver) -> None:
        """Fails."""
        raise ZeroDivisionError("inside")


def test_a_failure_inside_a_stream_is_named_as_what_it_is(bank: Bank) -> None:
    """A defect must not look like the client's mistake."""
    broken = BrokenEngine(bank.log, bank.states, SystemClock())
    with pytest.raises(ZeroDivisionError) as caught:
        stream(Writes(broken, bank.log), [message("s-1")])
    status = status_of(caught.value)
    assert (reason_of(status), "inside" in status.message) == ("DEFECT", False)


def test_a_client_that_goes_away_does_not_stop_its_command() -> None:
    """Cancelled never means not done: what was queued is decided, its outcome can be asked for."""
    bank = Bank(MemoryLog())
    bank.engine.take_over()
    writes = Writes(bank.engine, bank.log)
    request = operation_pb2.OpenBusinessDateRequest(command_id="o-1", date="2026-03-02")

    async def go_away() -> None:
        until = time.monotonic() + 10
        call = asyncio.create_task(writes.write("OpenBusinessDate", request, TELLER, until))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(go_away())
    bank.engine.start()
    bank.engine.stop()
    assert outcome(writes, "o-1").receipt.position == 1


def outcome(
    writes: Writes, command_id: str, who: Principal = TELLER, known_at: int | None = None
) -> Any:
    """What is known of a command."""
    clocks = common_pb2.At(known_at=known_at)
    request = operation_pb2.GetCommandOutcomeRequest(command_id=command_id, at=clocks)
    return asyncio.run(writes.command_outcome(request, who)).outcome


def test_the_outcome_of_a_command_is_its_principals_own(writes: Writes) -> None:
    """Accepted, refused, not known; another principal sees nothing of it."""
    receipt = write(writes, message("t-1")).receipt
    assert outcome(writes, "t-1").receipt == receipt
    with pytest.raises(StoredNo):
        write(writes, message("t-2", 10**9))
    assert outcome(writes, "t-2").code == "INSUFFICIENT_FUNDS"
    for one in (outcome(writes, "t-3"), outcome(writes, "t-1", OTHER)):
        assert one.status == operation_pb2.OUTCOME_STATUS_NOT_KNOWN


def test_an_outcome_is_known_from_its_position_on(writes: Writes) -> None:
    """Before it there is none; behind the head the question is an error."""
    position = write(writes, message("t-1")).receipt.position
    earlier = outcome(writes, "t-1", known_at=position - 1)
    assert earlier.status == operation_pb2.OUTCOME_STATUS_NOT_KNOWN
    assert outcome(writes, "t-1", known_at=position).receipt.position == position
    with pytest.raises(Unanswerable):
        outcome(writes, "t-1", known_at=position + 1)


def test_a_fenced_command_never_happens(writes: Writes, bank: Bank) -> None:
    """Whoever sends it later is told so; a done one keeps its outcome."""
    until = time.monotonic() + 10
    fence = operation_pb2.FenceCommandRequest(command_id="t-1")
    fenced = asyncio.run(writes.fence(fence, TELLER, until)).outcome
    assert fenced.code == "COMMAND_FENCED"
    head = bank.log.head().position
    with pytest.raises(StoredNo) as caught:
        write(writes, message("t-1"))
    assert caught.value.refusal.code == "COMMAND_FENCED"
    assert bank.log.head().position == head
    done = write(writes, message("t-2")).receipt
    fence = operation_pb2.FenceCommandRequest(command_id="t-2")
    assert asyncio.run(writes.fence(fence, TELLER, until)).outcome.receipt == done
