"""The follower in a process of its own: it follows, comes back when it dies, and never outlives us.

Ends are watched by process id; what is waited for has a bound that no machine should need.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.cli.main import app
from adapters.database import Database
from adapters.follower_process import FollowerProcess
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower
from tests.support.bank_facts import deposited, following, opened, opening_day

SECONDS_MAX = 60.0
PARENT = """
import sys, time
from typer.testing import CliRunner

from adapters.cli.main import app
from adapters.database import Database
from adapters.follower_process import FollowerProcess
from kernel.eventstore.postgres import PostgresLog
url, schema = sys.argv[1:]
sql, log = Database(url, schema).sqlalchemy_engine(), PostgresLog(url, schema)
following = FollowerProcess(url, schema, sql, log)
following.start()
while following.process_id is None:
    time.sleep(0.01)
print(following.process_id, flush=True)
time.sleep(3600)
"""


@pytest.fixture
def log(postgres_url: str, schema_name: str) -> Iterator[PostgresLog]:
    """A log on PostgreSQL with a first day of five facts."""
    made = PostgresLog(postgres_url, schema_name)
    append(made, 5)
    yield made
    made.close()


@pytest.fixture
def process(postgres_url: str, schema_name: str, log: PostgresLog) -> Iterator[FollowerProcess]:
    """A follower's process on that log, running."""
    sql = Database(postgres_url, schema_name).sqlalchemy_engine()
    made = FollowerProcess(postgres_url, schema_name, sql, log)
    made.start()
    yield made
    made.stop()
    sql.dispose()


def append(log: PostgresLog, upto: int) -> None:
    """Deposits from the head up to the position."""
    head = log.head()
    facts = following(opening_day(opened("li")), *[deposited("li", 1)] * (upto - 2))
    log.append(Batch(facts=tuple(facts[head.position :])), head, timeout_seconds=10)


def soon(is_so: Callable[[], object]) -> bool:
    """Whether it becomes so within the bound."""
    until = time.monotonic() + SECONDS_MAX
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def has_ended(process_id: int) -> bool:
    """Whether the process is gone, or only waits to be buried by whoever inherited it."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def test_it_follows_the_log_and_fills_the_entity_index(
    process: FollowerProcess, log: PostgresLog, postgres_url: str, schema_name: str
) -> None:
    assert process.wait_for(5, SECONDS_MAX)
    append(log, 9)
    assert process.wait_for(9, SECONDS_MAX)
    assert set(process.lag().values()) == {0}
    assert soon(lambda: Indexer(postgres_url, schema_name).advance(0) == 0)


def test_the_command_line_says_how_far_behind_they_are(
    log: PostgresLog, postgres_url: str, schema_name: str
) -> None:
    environment = {"COREBANK_DATABASE_URL": postgres_url, "COREBANK_SCHEMA_NAME": schema_name}
    Follower(Database(postgres_url, schema_name).sqlalchemy_engine(), log).catch_up()
    append(log, 9)
    done = CliRunner().invoke(app, ["status", "--json"], env=environment)
    said = json.loads(done.stdout)
    assert (said["head_position"], said["unindexed"]) == (9, 9)
    assert {one["name"]: one["lag"] for one in said["read_models"]}["balances"] == 4
    table = CliRunner().invoke(app, ["status"], env=environment)
    assert "balances" in table.stdout


def test_a_killed_process_is_started_again_and_goes_on(
    process: FollowerProcess, log: PostgresLog
) -> None:
    assert process.wait_for(5, SECONDS_MAX)
    first = process.process_id
    assert first is not None
    os.kill(first, signal.SIGKILL)
    append(log, 9)
    assert process.wait_for(9, SECONDS_MAX)
    assert process.process_id not in (None, first)


def test_stopping_leaves_no_process(process: FollowerProcess) -> None:
    assert soon(lambda: process.process_id)
    running = process.process_id
    assert running is not None
    process.stop()
    assert has_ended(running)
    process.wake()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_however_that_ends(
    postgres_url: str, schema_name: str, end: signal.Signals
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, postgres_url, schema_name], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert not has_ended(child)
    parent.send_signal(end)
    parent.wait()
    parent.stdout.close()
    assert soon(lambda: has_ended(child))
