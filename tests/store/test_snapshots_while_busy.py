"""An account that is always in use gets snapshots too, and none is ever believed over the log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from kernel.accounts.state import AccountState
from kernel.application import states as cache
from kernel.application.clock import SystemClock
from kernel.application.engine import Engine
from kernel.application.folds import ACCOUNT, FOLDS
from kernel.application.states import States
from kernel.eventstore.errors import LogUnavailable
from kernel.eventstore.log import Head
from kernel.eventstore.memory import MemoryLog
from kernel.eventstore.postgres import PostgresLog
from kernel.eventstore.snapshots import MemorySnapshots, PostgresSnapshots, Snapshots
from tests.support.bank import Bank, request, transfer

KEY = ("account", "account:A-1")
MANY = 3 * cache.SNAPSHOT_EVERY


class WatchedLog(PostgresLog):
    """Counts the facts of histories."""

    facts_read = 0

    def history_pages(self, after: Mapping[str, int]) -> Iterator[dict[str, list[Any]]]:
        """As the log's."""
        for page in super().history_pages(after):
            self.facts_read += sum(map(len, page.values()))
            yield page


@dataclass
class Ledger:
    """A log with the snapshots beside it."""

    log: WatchedLog
    snapshots: PostgresSnapshots

    def cold(self, snapshots: Snapshots | None = None) -> States:
        """States as after a restart."""
        return States(self.log, FOLDS, snapshots or self.snapshots)


@pytest.fixture
def ledger(postgres_url: str, schema_name: str) -> Iterator[Ledger]:
    log = WatchedLog(postgres_url, schema_name, page_facts=100)
    snapshots = PostgresSnapshots(postgres_url, schema_name)
    yield Ledger(log, snapshots)
    snapshots.close()
    log.close()


def busy_bank(ledger: Ledger, payments: int) -> None:
    """A bank whose account A-1 pays over and over, all the time in memory."""
    bank = Bank(ledger.log)
    bank.states = ledger.cold()
    bank.engine = Engine(ledger.log, bank.states, SystemClock())
    bank.engine.start()
    try:
        bank.open_day()
        asked = [request("Transfer", f"t-{n}", **transfer(1)) for n in range(payments)]
        for future in [bank.engine.submit(one) for one in asked]:
            future.result(20)
    finally:
        bank.engine.stop()


def account(states: States, account_id: str = "A-1") -> AccountState:
    return states.get(ACCOUNT, account_id)


def test_after_a_restart_a_busy_account_is_not_folded_from_its_first_fact(ledger: Ledger) -> None:
    busy_bank(ledger, MANY)
    before = ledger.log.facts_read
    state = account(ledger.cold())
    assert state.ledger_minor == 100_000 - MANY
    assert ledger.log.facts_read - before < MANY - 2 * cache.SNAPSHOT_EVERY + 100


def test_dropped_snapshots_change_no_state(ledger: Ledger) -> None:
    busy_bank(ledger, MANY)
    with_them = ledger.cold()
    ledger.snapshots.drop()
    without = ledger.cold(MemorySnapshots())
    for account_id in ("A-1", "A-2"):
        assert account(with_them, account_id) == account(without, account_id)


def test_a_snapshot_far_behind_is_folded_on_page_by_page(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_bank(ledger, 5)
    kept = MemorySnapshots()
    with monkeypatch.context() as patched:
        patched.setattr("kernel.application.loading.SNAPSHOT_AFTER_FACTS", 1)
        account(ledger.cold(kept))
    position = kept.load({KEY: ACCOUNT.version})[KEY].position
    busy_bank_goes_on(ledger, MANY)
    assert kept.load({KEY: ACCOUNT.version})[KEY].position == position
    before = ledger.log.facts_read
    assert account(ledger.cold(kept)).ledger_minor == 100_000 - 5 - MANY
    assert ledger.log.facts_read - before == MANY


def busy_bank_goes_on(ledger: Ledger, payments: int) -> None:
    engine = Engine(ledger.log, ledger.cold(MemorySnapshots()), SystemClock())
    engine.start()
    try:
        asked = [request("Transfer", f"on-{n}", **transfer(1)) for n in range(payments)]
        for future in [engine.submit(one) for one in asked]:
            future.result(20)
    finally:
        engine.stop()


def test_a_load_that_breaks_off_leaves_what_it_has_folded(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.application.loading.SNAPSHOT_AFTER_FACTS", 50)
    busy_bank(ledger, MANY)
    ledger.snapshots.drop()
    whole = ledger.log.history_pages

    def broken(after: Mapping[str, int]) -> Iterator[dict[str, list[Any]]]:
        for number, page in enumerate(whole(after)):
            if number == 4:
                raise LogUnavailable("the network is gone")
            yield page

    with monkeypatch.context() as patched:
        patched.setattr(ledger.log, "history_pages", broken)
        with pytest.raises(LogUnavailable):
            account(ledger.cold())
    before = ledger.log.facts_read
    assert account(ledger.cold()).ledger_minor == 100_000 - MANY
    assert ledger.log.facts_read - before < MANY - 300


class NothingCommits(MemoryLog):
    """A log that fails behind the day's first commands."""

    fails = False

    def append(self, *given: Any, **named: Any) -> Head:
        """As the log's, or fail."""
        if self.fails:
            raise LogUnavailable("no disk")
        return super().append(*given, **named)


def test_a_batch_that_was_not_committed_leaves_no_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache, "SNAPSHOT_EVERY", 1)
    log, kept = NothingCommits(), MemorySnapshots()
    bank = Bank(log)
    bank.engine = Engine(log, States(log, FOLDS, kept), SystemClock())
    bank.engine.start()
    bank.open_day()
    log.fails = True
    future = bank.engine.submit(request("Transfer", "lost", **transfer(60_000)))
    assert future.exception(20) is not None
    bank.engine.stop()
    snapshot = kept.load({KEY: ACCOUNT.version})[KEY]
    assert snapshot.position == log.head().position
    assert account(States(log, FOLDS, kept)).ledger_minor == 100_000
