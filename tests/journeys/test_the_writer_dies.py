"""Two processes on one ledger: the writer is killed under load, the standby takes over."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from adapters.cli.client import CallRefused, Client
from adapters.cli.demo import server
from adapters.cli.feed import RETRIED
from adapters.cli.roles import read_tokens
from adapters.database import Database
from tests.journeys.conftest import Desk, transfer

PAYMENTS = 300


def child_of_this_process(command: str) -> int:
    """Process id of the oldest child whose command line holds a word."""
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return min(int(line.split()[0]) for line in listed.splitlines() if command in line)


def pay(desks: list[Desk], number: int) -> int:
    """Pay 0.01 under one command id, asking whichever server answers; the payment's position."""
    for attempt in range(600):
        try:
            desk = desks[attempt % len(desks)]
            return int(desk.do("Transfer", command_id=f"pay-{number}", **transfer(1)).position)
        except CallRefused as refused:
            if refused.reason not in RETRIED:
                raise
            time.sleep(0.05)
    raise AssertionError("no server answered")


def test_nothing_is_lost_or_doubled_when_the_writer_is_killed(
    database: Database, folder: Path, new_desk: Callable[[str], Desk]
) -> None:
    """kill -9 in the middle of the payments: every one is done once, service comes back."""
    with server(database, folder) as first:
        writer = child_of_this_process("adapters.cli serve")
        with server(database, folder) as second:
            desks = [new_desk(first), new_desk(second)]
            desks[0].open_day()
            positions: list[int] = []

            def work() -> None:
                for number in range(PAYMENTS):
                    positions.append(pay(desks, number))

            paying = threading.Thread(target=work)
            paying.start()
            while len(positions) < PAYMENTS // 3:
                time.sleep(0.01)
            os.kill(writer, signal.SIGKILL)
            paying.join(60)
            assert len(set(positions)) == PAYMENTS
            at = {"min_position": max(positions)}
            balance = desks[1].ask("GetAccount", account_id="A-2", at=at).balance
            assert balance.ledger_minor == PAYMENTS
            assert desks[1].ask("VerifyLedger", "auditor").is_clean


def test_a_feed_is_resumed_from_any_position(database: Database, folder: Path) -> None:
    """Events by position, filtered by entity; the second half begins where the first ended."""
    with server(database, folder) as target, Client(target) as client:
        desk = Desk(client, read_tokens(folder / "tokens.json"))
        head = desk.open_day()
        token = desk.tokens["auditor"]
        half = {"after_position": 0, "until_position": 5}
        rest = {"after_position": 5, "until_position": head}
        positions = [
            event.position
            for part in (half, rest)
            for reply in client.listen("StreamEvents", part, token=token)
            for event in reply.events
        ]
        assert positions == list(range(1, head + 1))
        only = {**half, "until_position": head, "entities": ["account:A-2"]}
        names = [e.name for r in client.listen("StreamEvents", only, token=token) for e in r.events]
        assert names == ["accounts.AccountOpened.v1"]


def test_a_process_that_only_reads_answers_questions_and_refuses_writes(
    database: Database,
    folder: Path,
    new_desk: Callable[[str], Desk],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beside the writer, and also when there is none: it never takes the lease."""
    with server(database, folder) as first:
        writer = new_desk(first)
        position = writer.open_day()
        monkeypatch.setenv("COREBANK_READ_ONLY", "true")
        with server(database, folder) as second:
            reader = new_desk(second)
            at = {"min_position": position}
            found = reader.ask("GetAccount", account_id="A-1", at=at)
            assert found == writer.ask("GetAccount", account_id="A-1", at=at)
            assert reader.refused("Transfer", **transfer(1)).reason == "NOT_WRITER"
            assert writer.do("Transfer", **transfer(1)).position == position + 1
    with server(database, folder) as alone:
        refused = new_desk(alone).refused("Transfer", **transfer(1))
        assert (refused.status, refused.reason) == (grpc.StatusCode.UNAVAILABLE, "NOT_WRITER")
