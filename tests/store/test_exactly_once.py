"""A write is answered once and done once, whatever happens to the reply of its commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import msgspec
import psycopg
import pytest

from kernel.application import engine, pipeline, work
from kernel.application.engine import FEW
from kernel.application.errors import (
    CommandIdReused,
    DeadlinePassed,
    OutcomeUnknown,
    Unavailable,
)
from kernel.application.requests import Accepted, Outcome, Refused, Request, former_fingerprint
from kernel.application.work import Answer
from kernel.eventstore.log import CommandKey
from kernel.eventstore.memory import MemoryLog
from kernel.eventstore.postgres import PostgresLog
from tests.support.bank import Bank, deposit, request, running_bank, transfer
from tests.support.proxy import Loss, LossyProxy


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[LossyProxy]:
    """A way to the database that can lose what passes."""
    with LossyProxy(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def bank(proxy: LossyProxy, schema_name: str) -> Iterator[Bank]:
    """A bank whose every statement goes through the lossy way."""
    log = PostgresLog(proxy.dsn, schema_name)
    with running_bank(log) as bank:
        bank.open_day()
        yield bank
    log.close()


def as_bytes(outcome: Outcome) -> bytes:
    """An outcome as bytes, to compare it whole."""
    return msgspec.json.encode(outcome)


def reserve(bank: Bank) -> int:
    """A payment of 3.00 in its first phase."""
    return bank.done("ReservePayment", **transfer(300), expires_on="2026-03-05")


def prepared(bank: Bank, method: str) -> dict[str, Any]:
    """A request of each money method that is accepted and changes a balance or a hold."""
    payout = {k: v for k, v in deposit(700).items() if k != "source"}
    hold = {"account_id": "A-1", "hold_id": "H-1", "amount_minor": 500}
    items = [{"payee_account_id": "A-2", "amount_minor": 200}] * 2
    match method:
        case "Deposit":
            return deposit(700)
        case "Withdraw":
            return {**payout, "ordering_customer_id": "C-1", "destination": "CASH"}
        case "Transfer":
            return transfer(700)
        case "BulkTransfer":
            common = {k: v for k, v in transfer(1).items() if not k.startswith(("payee", "amount"))}
            return {**common, "items": items}
        case "ReservePayment":
            return {**transfer(700), "expires_on": "2026-03-05"}
        case "CapturePayment":
            return {"payment_id": reserve(bank), "amount_minor": 200}
        case "ReleasePayment":
            return {"payment_id": reserve(bank), "reason": "given up"}
        case "ReversePayment":
            return {"payment_id": bank.done("Transfer", **transfer(700)), "reason": "twice"}
        case "PlaceHold":
            return {**hold, "currency": "CNY", "expires_on": "2026-03-05", "reason": "card"}
        case "CaptureHold":
            bank.done("PlaceHold", **prepared(bank, "PlaceHold"))
            return {**hold, "payee_account_id": "A-2"}
        case _:
            bank.done("PlaceHold", **prepared(bank, "PlaceHold"))
            return {"account_id": "A-1", "hold_id": "H-1", "reason": "cancelled"}


METHODS = [
    "Deposit",
    "Withdraw",
    "Transfer",
    "BulkTransfer",
    "ReservePayment",
    "CapturePayment",
    "ReleasePayment",
    "ReversePayment",
    "PlaceHold",
    "CaptureHold",
    "ReleaseHold",
]


@pytest.mark.parametrize("loss", [Loss.COMMIT_REPLY_CLOSED, Loss.COMMIT_CLOSED])
@pytest.mark.parametrize("method", METHODS)
def test_a_money_method_is_done_once_when_its_commit_is_lost(
    bank: Bank, proxy: LossyProxy, method: str, loss: Loss
) -> None:
    """Whether COMMIT or only its reply is lost: one effect, one answer, the same ever after."""
    fields = prepared(bank, method)
    before = bank.log.head().position
    proxy.arm(loss)
    first = bank.ask(method, "the-one", **fields)
    assert proxy.wait_for_loss(5)
    assert isinstance(first, Accepted)
    assert bank.log.head().position == before + 1
    again = bank.ask(method, "the-one", **fields)
    assert as_bytes(again) == as_bytes(first)
    assert bank.log.head().position == before + 1


def test_a_refusal_is_given_again_after_its_commit_was_lost(bank: Bank, proxy: LossyProxy) -> None:
    """A refusal is an answer like any other; money that arrives later does not change it."""
    proxy.arm(Loss.COMMIT_REPLY_CLOSED)
    first = bank.ask("Transfer", "too-much", **transfer(10**9))
    assert isinstance(first, Refused)
    assert first.refusal.code == "INSUFFICIENT_FUNDS"
    bank.done("Deposit", **deposit(10**10))
    assert as_bytes(bank.ask("Transfer", "too-much", **transfer(10**9))) == as_bytes(first)


def test_an_outcome_that_nobody_knows_is_never_called_a_failure(
    bank: Bank, proxy: LossyProxy
) -> None:
    """COMMIT got through, then silence: the caller hears OUTCOME_UNKNOWN, later the truth."""
    before = bank.balance("A-2")
    proxy.arm(Loss.COMMIT_REPLY_SILENT, times=1)
    waiting = bank.engine.submit(request("Transfer", "silent", seconds=1.5, **transfer(700)))
    assert proxy.wait_for_loss(5)
    proxy.arm(Loss.SILENCE)
    with pytest.raises(OutcomeUnknown):
        waiting.result(30)
    proxy.heal()
    answer = bank.ask("Transfer", "silent", **transfer(700))
    assert isinstance(answer, Accepted)
    assert bank.balance("A-2") == before + 700


def test_the_bank_heals_when_the_database_comes_back(bank: Bank, proxy: LossyProxy) -> None:
    """A connection lost before COMMIT is a definite failure; the next command goes through."""
    proxy.arm(Loss.COPY_CLOSED, times=50, within="COPY log")
    with pytest.raises((Unavailable, OutcomeUnknown)):
        bank.ask("Transfer", "down", **transfer(700))
    proxy.heal()
    assert isinstance(bank.ask("Transfer", "down", **transfer(700)), Accepted)


@pytest.mark.parametrize(
    "loss",
    [
        Loss.COMMIT_REPLY_CLOSED,
        Loss.COMMIT_REPLY_SILENT,
        Loss.COMMIT_CLOSED,
        Loss.COMMIT_SILENT,
        Loss.COPY_CLOSED,
    ],
)
def test_batches_behind_one_whose_commit_was_lost_are_done_once_too(
    bank: Bank, proxy: LossyProxy, monkeypatch: pytest.MonkeyPatch, loss: Loss
) -> None:
    """What was decided on top of the lost one is decided again, and every command has its answer.

    Only a batch that was cut before its COMMIT may be said not to be done.
    """
    monkeypatch.setattr(engine, "BATCH_LIMIT", FEW)
    monkeypatch.setattr(pipeline, "COMMIT_SECONDS_MAX", 1.0)
    bank.done("Transfer", **transfer(1))
    batches = [[f"t-{n}-{m}" for m in range(FEW)] for n in range(12)]
    first = Queue[Sequence[Answer]]()
    for number, ids in enumerate(batches):
        bank.engine.submit_many(transfers_of_one_fen(ids), first.put)
        if number == 2:
            proxy.arm(loss, within="COPY log" if loss is Loss.COPY_CLOSED else "")
    answers = [answer for _ in batches for answer in first.get(timeout=60)]
    assert proxy.wait_for_loss(1)
    undone = [answer for answer in answers if not isinstance(answer, Accepted)]
    assert all(isinstance(one, Unavailable) for one in undone)
    assert len(undone) in ({0, FEW} if loss is Loss.COPY_CLOSED else {0})

    again = Queue[Sequence[Answer]]()
    bank.engine.submit_many(
        transfers_of_one_fen([one for ids in batches for one in ids]), again.put
    )
    positions = [one.facts[0].position for one in again.get(timeout=60) if type(one) is Accepted]
    assert len(set(positions)) == len(positions) == 12 * FEW
    assert {one.facts[0].position for one in answers if type(one) is Accepted} <= set(positions)
    assert bank.balance("A-2") == 12 * FEW + 1


def test_what_landed_behind_a_lost_reply_is_never_called_undone(
    bank: Bank, proxy: LossyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some deadlines pass while the reply is missed: what is in the log was not too late for it."""
    monkeypatch.setattr(engine, "BATCH_LIMIT", FEW)
    monkeypatch.setattr(pipeline, "COMMIT_SECONDS_MAX", 1.0)
    bank.done("Transfer", **transfer(1))
    batches = [[f"t-{n}-{m}" for m in range(FEW)] for n in range(12)]
    first = [Queue[Sequence[Answer]]() for _ in batches]
    proxy.arm(Loss.COMMIT_REPLY_SILENT)
    for ids, answered in zip(batches, first, strict=True):
        half = FEW // 2
        mixed = transfers_of_one_fen(ids[:half], 1.0) + transfers_of_one_fen(ids[half:])
        bank.engine.submit_many(mixed, answered.put)
    late = [
        one
        for ids, answered in zip(batches, first, strict=True)
        for one, answer in zip(ids, answered.get(timeout=60), strict=True)
        if isinstance(answer, DeadlinePassed)
    ]
    assert late
    assert not bank.log.answers([CommandKey("teller", one) for one in late])


def test_batches_that_cannot_be_committed_in_time_were_not_done(
    bank: Bank, postgres_url: str, schema_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the head: the first waits for it, the second for the first, both are told."""
    monkeypatch.setattr(engine, "BATCH_LIMIT", FEW)
    monkeypatch.setattr(pipeline, "COMMIT_SECONDS_MAX", 1.0)
    bank.done("Transfer", **transfer(1))
    before = bank.log.head()
    batches = [[f"t-{n}-{m}" for m in range(FEW)] for n in range(3)]
    answers = Queue[Sequence[Answer]]()
    with psycopg.connect(postgres_url, options=f"-c search_path={schema_name}") as holder:
        holder.execute("SELECT * FROM head FOR UPDATE")
        for ids in batches:
            bank.engine.submit_many(transfers_of_one_fen(ids), answers.put)
        told = [answer for _ in batches for answer in answers.get(timeout=60)]
    assert {type(answer) for answer in told} == {Unavailable}
    assert bank.log.head() == before
    for ids in batches:
        bank.engine.submit_many(transfers_of_one_fen(ids), answers.put)
    told = [answer for _ in batches for answer in answers.get(timeout=60)]
    assert {type(answer) for answer in told} == {Accepted}
    assert bank.balance("A-2") == 3 * FEW + 1


def transfers_of_one_fen(ids: Sequence[str], seconds: float = 60) -> list[Request]:
    """From A-1 to A-2, one under each id."""
    return [request("Transfer", one, seconds=seconds, **transfer(1)) for one in ids]


def insist(bank: Bank, command_id: str) -> Outcome:
    """Send a transfer of 0.01 again, under its id, while the answer is that nothing was done."""
    for _ in range(200):
        try:
            return bank.ask("Transfer", command_id, **transfer(1))
        except Unavailable:
            continue
    raise AssertionError(f"{command_id} got no answer")


def test_two_engines_on_one_ledger_lose_and_double_nothing(
    postgres_url: str, schema_name: str
) -> None:
    """Both believe to be the writer; the head fences whoever is late, who decides again."""
    logs = [PostgresLog(postgres_url, schema_name) for _ in range(2)]
    with running_bank(logs[0]) as one, running_bank(logs[1]) as other:
        one.open_day()
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(insist, (one, other)[i % 2], f"t-{i}") for i in range(200)]
            outcomes = [future.result(60) for future in asked]
        accepted = [o.facts[0].position for o in outcomes if isinstance(o, Accepted)]
        assert len(accepted) == len(set(accepted)) == 200
        assert one.balance("A-2") == 200
        positions = [fact.position for fact in one.log.read(0, 1000)]
        assert positions == list(range(1, len(positions) + 1))
    for log in logs:
        log.close()


def test_many_senders_of_one_command_get_one_answer() -> None:
    """The same key from eight threads at once: one effect, eight equal answers."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(bank.ask, "Transfer", "same", **transfer(5)) for _ in range(8)]
            answers = {as_bytes(future.result(20)) for future in asked}
        assert len(answers) == 1
        assert bank.balance("A-2") == 5


def test_the_same_id_with_another_request_is_refused_and_shows_nothing() -> None:
    """Another amount or another method under a used id: refused; another principal: its own."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        bank.done("Transfer", "used", **transfer(5))
        for method, fields in (("Transfer", transfer(6)), ("Deposit", deposit(5))):
            with pytest.raises(CommandIdReused) as reused:
                bank.ask(method, "used", **fields)
            assert "A-1" not in str(reused.value)
        bank.done("Transfer", "used", by="another", **transfer(7))
        assert bank.balance("A-2") == 12


def test_what_a_ledger_of_earlier_days_answered_is_known_by_its_former_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        with monkeypatch.context() as earlier:
            earlier.setattr(work, "fingerprint", former_fingerprint)
            first = bank.ask("Transfer", "old", **transfer(5))
            refused = bank.ask("Transfer", "too-much", **transfer(10**9))
        assert isinstance(refused, Refused)
        assert as_bytes(bank.ask("Transfer", "old", **transfer(5))) == as_bytes(first)
        assert as_bytes(bank.ask("Transfer", "too-much", **transfer(10**9))) == as_bytes(refused)
        with pytest.raises(CommandIdReused):
            bank.ask("Transfer", "old", **transfer(6))
        assert bank.balance("A-2") == 5


def test_a_fenced_command_never_happens() -> None:
    """A fenced id is refused for ever; a command that has an outcome keeps it."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        bank.done("Transfer", "done", **transfer(5))
        kept = bank.engine.fence(request("Transfer", "done", **transfer(5))).result(5)
        assert isinstance(kept, Accepted)
        bank.engine.fence(request("Transfer", "lost", **transfer(5))).result(5)
        assert bank.refused("Transfer", "lost", **transfer(5)) == "COMMAND_FENCED"
        outcome = bank.engine.outcome(CommandKey("teller", "lost"))
        assert isinstance(outcome, Refused)
        assert bank.balance("A-2") == 5


def test_a_position_named_too_early_can_become_a_payment() -> None:
    """Asking for a payment that does not exist yet leaves no trace in the cache."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        next_position = bank.log.head().position + 1
        early: dict[str, Any] = {"payment_id": next_position, "reason": "too early"}
        assert bank.refused("ReleasePayment", **early) == "PAYMENT_NOT_FOUND"
        assert reserve(bank) == next_position
        bank.done("ReleasePayment", **early)
