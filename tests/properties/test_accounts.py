"""Accounts as a state machine: a bank of three accounts beside a plain model of sums.

Source: invariants B1 (available never negative after a debit), B2 (holds), B3 (closed is closed).
"""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kernel.accounts.state import invariants
from kernel.application.folds import ACCOUNT
from kernel.application.requests import Accepted
from kernel.common.refusals import InvalidInput
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, deposit

ACCOUNTS = st.sampled_from(["A-1", "A-2"])
AMOUNTS = st.integers(1, 60_000)
HOLDS = st.sampled_from(["H-1", "H-2", "H-3"])
DAY = datetime.date(2026, 3, 2)


class AccountsMachine(RuleBasedStateMachine):
    """Random money, holds and restraints; the model is four dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = Bank(MemoryLog())
        self.bank.engine.start()
        self.bank.open_day()
        self.ledger = {"A-1": 100_000, "A-2": 0}
        self.overdraft = {"A-1": 0, "A-2": 0}
        self.holds: dict[tuple[str, str], int] = {}
        self.used: set[tuple[str, str]] = set()
        self.frozen: dict[str, int] = {"A-1": 0, "A-2": 0}
        self.freezes = 0

    def teardown(self) -> None:
        """End the engine's thread."""
        self.bank.engine.stop()

    def available(self, account_id: str) -> int:
        """What the model says may be paid out."""
        held = sum(left for (account, _), left in self.holds.items() if account == account_id)
        own = self.ledger[account_id] + self.overdraft[account_id]
        return own - held - self.frozen[account_id]

    def ask(self, method: str, **fields: Any) -> bool:
        """Whether the bank accepts."""
        return isinstance(self.bank.ask(method, **fields), Accepted)

    @rule(account_id=ACCOUNTS, amount_minor=AMOUNTS)
    def pay_in(self, account_id: str, amount_minor: int) -> None:
        """Cash in always passes."""
        assert self.ask("Deposit", **deposit(amount_minor, account_id))
        self.ledger[account_id] += amount_minor

    @rule(payer=ACCOUNTS, amount_minor=AMOUNTS)
    def pay(self, payer: str, amount_minor: int) -> None:
        """A transfer passes exactly when the model has the money."""
        payee = "A-2" if payer == "A-1" else "A-1"
        accepted = self.ask(
            "Transfer",
            ordering_customer_id=payer.replace("A", "C"),
            payer_account_id=payer,
            payee_account_id=payee,
            amount_minor=amount_minor,
            currency="CNY",
        )
        assert accepted == (amount_minor <= self.available(payer))
        if accepted:
            self.ledger[payer] -= amount_minor
            self.ledger[payee] += amount_minor

    @rule(account_id=ACCOUNTS, hold_id=HOLDS, amount_minor=AMOUNTS)
    def place_hold(self, account_id: str, hold_id: str, amount_minor: int) -> None:
        """A hold passes when the id is new and the money is there."""
        key = (account_id, hold_id)
        accepted = self.ask(
            "PlaceHold",
            account_id=account_id,
            hold_id=hold_id,
            amount_minor=amount_minor,
            currency="CNY",
            expires_on=str(DAY + datetime.timedelta(days=9)),
            reason="card",
        )
        assert accepted == (key not in self.used and amount_minor <= self.available(account_id))
        if accepted:
            self.used.add(key)
            self.holds[key] = amount_minor

    @rule(account_id=ACCOUNTS, hold_id=HOLDS, amount_minor=AMOUNTS, release_rest=st.booleans())
    def capture(self, account_id: str, hold_id: str, amount_minor: int, release_rest: bool) -> None:
        """A capture passes within the hold, never twice over it."""
        payee = "A-2" if account_id == "A-1" else "A-1"
        left = self.holds.get((account_id, hold_id), 0)
        room = self.available(account_id) + left
        accepted = self.ask(
            "CaptureHold",
            account_id=account_id,
            hold_id=hold_id,
            amount_minor=amount_minor,
            payee_account_id=payee,
            release_rest=release_rest,
        )
        assert accepted == (0 < amount_minor <= min(left, room))
        if accepted:
            self.ledger[account_id] -= amount_minor
            self.ledger[payee] += amount_minor
            self.holds[account_id, hold_id] = 0 if release_rest else left - amount_minor

    @rule(account_id=ACCOUNTS, limit_minor=st.integers(0, 120_000))
    def set_overdraft(self, account_id: str, limit_minor: int) -> None:
        """A limit passes within the product's bound and above what is in use."""
        needed = self.overdraft[account_id] - self.available(account_id)
        allowed = limit_minor <= 100_000
        allowed &= limit_minor >= min(needed, self.overdraft[account_id])
        fields = {"account_id": account_id, "limit_minor": limit_minor}
        assert self.ask("SetOverdraftLimit", **fields) == allowed
        if allowed:
            self.overdraft[account_id] = limit_minor

    @rule(account_id=ACCOUNTS, amount_minor=AMOUNTS)
    def freeze(self, account_id: str, amount_minor: int) -> None:
        """A court freezes an amount, whether it is there or not."""
        self.freezes += 1
        assert self.ask(
            "PlaceRestraint",
            account_id=account_id,
            restraint_id=f"F-{self.freezes}",
            kind="JUDICIAL_FREEZE",
            authority="Court 1",
            notice_number="2026-1",
            direction="DEBIT",
            amount_minor=amount_minor,
            expires_on=str(DAY + datetime.timedelta(days=30)),
        )
        self.frozen[account_id] += amount_minor

    @rule(account_id=ACCOUNTS)
    def close(self, account_id: str) -> None:
        """An account that holds money, owes it or is frozen is not closed."""
        held = any(left for (account, _), left in self.holds.items() if account == account_id)
        if self.ledger[account_id] or held or self.frozen[account_id]:
            assert not self.ask("CloseAccount", account_id=account_id, reason="leaving")

    @rule(amount_minor=st.sampled_from([0, -1, 10**16]))
    def nonsense(self, amount_minor: int) -> None:
        """What has no shape is not even asked."""
        try:
            self.ask("Deposit", **deposit(amount_minor))
        except InvalidInput:
            return
        raise AssertionError("an amount without shape was taken")

    @invariant()
    def the_bank_agrees_with_the_model(self) -> None:
        """Ledger, available and the state's own invariants, live and folded again."""
        for account_id in self.ledger:
            live = self.bank.states.get(ACCOUNT, account_id)
            entity = f"account:{account_id}"
            again = ACCOUNT.initial
            for one in self.bank.log.history({entity: 0})[entity]:
                again = ACCOUNT.evolve(again, one)
            assert again == live
            invariants(live)
            assert live.ledger_minor == self.ledger[account_id]
            assert live.available_minor(DAY) == self.available(account_id)


TestAccounts = AccountsMachine.TestCase
TestAccounts.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
