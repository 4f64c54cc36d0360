"""The short way of plain transfers says what the full rules say: same facts, answers and states."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.application.batch import BatchDecider, Decided
from kernel.application.books import Books
from kernel.application.fold import Fold
from kernel.application.folds import ACCOUNT, ACTIVITY, FOLDS, INTEREST
from kernel.application.plain_transfers import PlainTransfers
from kernel.application.requests import Request
from kernel.application.states import States
from kernel.application.work import Submission, Work
from kernel.eventstore.memory import MemoryLog
from kernel.eventstore.snapshots import MemorySnapshots
from tests.support.bank import deposit, request, running_bank, transfer

NOON = datetime.datetime(2026, 3, 2, 12, tzinfo=datetime.UTC)
ACCOUNTS = ("A-1", "A-2", "A-9")
COMMANDS = st.one_of(
    st.builds(
        lambda amount, payer, payee, by, currency, day: (
            "Transfer",
            {
                **transfer(amount),
                "payer_account_id": payer,
                "payee_account_id": payee,
                "ordering_customer_id": by,
                "currency": currency,
                "value_date": day,
            },
        ),
        st.sampled_from([1, 700, 40_000, 100_000]),
        st.sampled_from(ACCOUNTS),
        st.sampled_from(ACCOUNTS),
        st.sampled_from(["C-1", "C-1", "C-2"]),
        st.sampled_from(["CNY", "CNY", "CNY", "JPY"]),
        st.sampled_from([None, None, "2026-03-02", "2026-03-01", "2020-01-01"]),
    ),
    st.builds(lambda account: ("Deposit", deposit(500, account)), st.sampled_from(ACCOUNTS)),
    st.just(("PlaceHold", {"account_id": "A-1", "hold_id": "H", "amount_minor": 300})),
    st.just(("ReleaseHold", {"account_id": "A-1", "hold_id": "H", "reason": "done"})),
    st.just(("SetOverdraftLimit", {"account_id": "A-2", "limit_minor": 50_000})),
    st.just(("SettleInterest", {"account_id": "A-1", "settled_on": "2026-03-01", "closing": True})),
    st.just(("MarkDormant", {"account_id": "A-2", "reason": "unused"})),
    st.just(("ReactivateAccount", {"account_id": "A-2", "evidence_id": "E-2"})),
)


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime.datetime:
        """Noon."""
        return NOON

    def monotonic(self) -> float:
        """No time passes."""
        return 0.0


class FullRulesOnly(PlainTransfers):
    """Takes nothing, so that every command goes to its use case."""

    def decide(self, batch: list[Work], at: int, *_: Any) -> int:
        """Nothing is plain."""
        return at


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    """A bank with two accounts; A-9 does not exist."""
    log = MemoryLog()
    with running_bank(log) as bank:
        bank.open_day()
    return log


def decided(log: MemoryLog, requests: list[Request], full: bool) -> tuple[Decided, States]:
    """All requests as one batch, by the full rules or with the short way."""
    states = States(log, FOLDS, MemorySnapshots())
    decider = BatchDecider(log, states, Noon())
    if full:
        decider._plain = FullRulesOnly(states, Books(states))
    head = decider.read_head()
    works = Submission(requests, lambda answers: None).works
    return decider.decide(works, head), states


@given(st.lists(COMMANDS, min_size=1, max_size=30))
def test_both_ways_come_to_the_same(log: MemoryLog, asked: list[tuple[str, Any]]) -> None:
    """Facts and refusals byte for byte, and every account's states, whatever lies in between."""
    requests = []
    for number, (method, fields) in enumerate(asked):
        if method == "PlaceHold":
            fields = {**fields, "currency": "CNY", "expires_on": "2026-03-05", "reason": "card"}
        given = {name: value for name, value in fields.items() if value is not None}
        requests.append(request(method, f"n-{number}", **given))
    short, short_states = decided(log, requests, full=False)
    full, full_states = decided(log, requests, full=True)
    assert msgspec.json.encode(short.facts) == msgspec.json.encode(full.facts)
    assert msgspec.json.encode(short.refusals) == msgspec.json.encode(full.refusals)
    folds: tuple[Fold[Any], ...] = (ACCOUNT, INTEREST, ACTIVITY)
    for fold, account_id in itertools.product(folds, ACCOUNTS):
        assert short_states.get(fold, account_id) == full_states.get(fold, account_id)


def test_the_short_way_is_taken(log: MemoryLog) -> None:
    """Else the comparison would compare the full rules with themselves."""
    requests = [request("Transfer", f"s-{n}", **transfer(10)) for n in range(5)]
    states = States(log, FOLDS, MemorySnapshots())
    decider = BatchDecider(log, states, Noon())
    works = Submission(requests, lambda answers: None).works
    states.load(["account:A-1", "account:A-2"])
    made = Decided()
    states.load(["account:A-1", "account:A-2"])
    assert decider._plain.decide(works, 0, decider.read_head().position, NOON, made) == 5


def test_a_state_folded_on_demand_is_never_behind_the_short_way(log: MemoryLog) -> None:
    """It was folded for one command; a plain transfer then passes it in the same batch."""
    settled: dict[str, Any] = {"account_id": "A-1", "settled_on": "2026-03-01", "closing": True}
    requests = [
        request("SettleInterest", "d-1", **settled),
        request("Transfer", "d-2", **transfer(10)),
    ]
    _, states = decided(log, requests, full=False)
    assert states.get(INTEREST, "A-1").balance_minor == 100_000 - 10
