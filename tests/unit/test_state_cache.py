"""The cache of states keeps its bound, and keeps what is in use."""

from __future__ import annotations

import pytest

from cython_ext.levels import Level, move
from kernel.application.folds import ACCOUNT, FOLDS
from kernel.application.states import States
from kernel.eventstore.snapshots import MemorySnapshots
from tests.support.bank_facts import deposited, fact, log_of, opened

LIMIT = 200


@pytest.fixture
def states() -> States:
    events = [event for n in range(1_000) for event in (opened(f"A-{n}"), deposited(f"A-{n}", n))]
    log = log_of(fact(event, at) for at, event in enumerate(events, 1))
    return States(log, FOLDS, MemorySnapshots(), limit=LIMIT)


def entities(*numbers: int) -> list[str]:
    return [f"account:A-{n}" for n in numbers]


def pay_in_one(states: States, account_id: str) -> None:
    """One fen into the running form."""
    till = Level("bank", "CNY", 1, 0)
    assert move(till, states.run(account_id), 1, "bank", "CNY")


def test_the_bound_holds_after_every_trim_and_states_stay_right(states: States) -> None:
    for first in range(0, 1_000, 50):
        states.load(entities(*range(first, first + 50)))
        for number in range(first, first + 50, 7):
            pay_in_one(states, f"A-{number}")
        states.trim()
        assert 0 < len(states) <= LIMIT
        assert len(states.running) <= LIMIT


def test_what_runs_stays_while_the_idle_goes(states: States) -> None:
    for first in range(0, 1_000, 50):
        states.load(entities(*range(first, first + 50)))
        states.load(entities(3))
        pay_in_one(states, "A-3")
        states.trim()
    assert states.get(ACCOUNT, "A-3").ledger_minor == 3 + 20, "it was folded anew on the way"


def test_states_that_all_run_are_trimmed_too(states: States) -> None:
    states.load(entities(*range(1_000)))
    for number in range(1_000):
        assert states.run(f"A-{number}") is not None
    states.trim()
    assert len(states) <= LIMIT


def test_a_load_of_more_than_one_look_finds_every_state(
    states: States, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.application.loading.STATES_AT_ONCE", 7)
    states.load(entities(*range(100), 5_000))
    assert [states.get(ACCOUNT, f"A-{n}").ledger_minor for n in range(100)] == list(range(100))
    assert not states.get(ACCOUNT, "A-5000").exists
    states.close()
