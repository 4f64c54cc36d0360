"""Deposits in any order of commands and days: what is deposited is what its account holds.

Units: whole minor units.
"""

from __future__ import annotations

import datetime
import itertools
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kernel.accounts import dormancy
from kernel.accounts.state import Status
from kernel.application.batch import BatchDecider
from kernel.application.fold import Fold
from kernel.application.folds import (
    ACCOUNT,
    ACTIVITY,
    BUSINESS_DATE,
    DEPOSIT,
    DEPOSIT_RATES,
    FOLDS,
    INTEREST,
)
from kernel.application.requests import Accepted, Refused
from kernel.application.states import States
from kernel.application.work import Submission
from kernel.common.facts import Fact
from kernel.deposits import due, interest, state
from kernel.deposits.rates import demand_rates
from kernel.deposits.state import DepositStatus
from kernel.eventstore.log import Head
from kernel.eventstore.memory import MemoryLog
from kernel.eventstore.snapshots import MemorySnapshots
from tests.properties.test_plain_transfers import Noon
from tests.support.bank import deposit, request, running_bank, transfer
from tests.support.deposits import company, offer_deposits

ACCOUNTS = ("A-1", "A-2", "K-1")
FORESEEN = {
    "DEPOSIT_CLOSED", "TOO_MANY_PARTIAL_WITHDRAWALS", "MORE_THAN_DEPOSITED",
    "REST_TOO_SMALL", "INSUFFICIENT_FUNDS", "BELOW_MINIMUM", "NOTICE_TOO_SHORT", "NOTICE_NOT_OPEN",
    "WRONG_DEPOSIT_KIND", "DEPOSIT_NOT_FOUND", "AGREEMENT_OUT_OF_RANGE", "INTEREST_ALREADY_SETTLED",
    "NO_RATE_LISTED",
}  # fmt: skip


class Savings(RuleBasedStateMachine):
    """A bank day after day, with everything asked of deposits that can be asked."""

    @initialize()
    def bank_opens(self) -> None:
        log = MemoryLog()
        with running_bank(log) as bank:
            bank.open_day()
            bank.done("Deposit", **deposit(10**9))
            company(bank)
            bank.done("Deposit", **deposit(10**9, "K-1"))
            offer_deposits(bank)
        self.log = log
        self.states = States(log, FOLDS, MemorySnapshots())
        self.decider = BatchDecider(log, self.states, Noon())
        self.head = self.decider.read_head()
        self.made: list[Fact] = []
        self.deposit_ids: list[str] = []
        self.numbers = itertools.count()

    @property
    def today(self) -> datetime.date:
        on = self.states.get(BUSINESS_DATE, "business-date").date
        assert on is not None
        return on

    def ask(self, method: str, **fields: Any) -> str | None:
        """Give one command; the code of a refusal, which must be a foreseen one."""
        one = request(method, f"m-{next(self.numbers)}", **fields)
        works = Submission([one], lambda answers: None).works
        decided = self.decider.decide(works, self.head)
        assert not decided.failures, decided.failures
        [outcome] = decided.outcomes
        if isinstance(outcome, Refused):
            assert outcome.refusal.code in FORESEEN, outcome
            return outcome.refusal.code
        assert isinstance(outcome, Accepted)
        self.made += outcome.facts
        self.head = Head(outcome.facts[-1].position, self.head.batch)
        return None

    @rule(
        account_id=st.just("A-1"),
        months=st.sampled_from([3, 12]),
        minor=st.integers(4_000, 10**8),
        at_maturity=st.sampled_from(["HOLD", "PAY_OUT", "ROLL_PRINCIPAL", "ROLL_ALL"]),
    )
    def open_term(self, account_id: str, months: int, minor: int, at_maturity: str) -> None:
        deposit_id = f"D-{len(self.deposit_ids)}"
        if not self.ask(
            "OpenTermDeposit", deposit_id=deposit_id, account_id=account_id, product_id="term",
            amount_minor=minor, term_months=months, at_maturity=at_maturity,
        ):  # fmt: skip
            self.deposit_ids.append(deposit_id)

    @rule(minor=st.integers(4_000_000, 3 * 10**7))
    def open_notice(self, minor: int) -> None:
        deposit_id = f"D-{len(self.deposit_ids)}"
        if not self.ask(
            "OpenNoticeDeposit", deposit_id=deposit_id, account_id="A-1", product_id="notice-7",
            amount_minor=minor,
        ):  # fmt: skip
            self.deposit_ids.append(deposit_id)

    @precondition(lambda self: self.deposit_ids)
    @rule(data=st.data(), minor=st.none() | st.integers(1, 2 * 10**7))
    def withdraw(self, data: st.DataObject, minor: int | None) -> None:
        deposit_id = data.draw(st.sampled_from(self.deposit_ids))
        kind = self.states.get(DEPOSIT, deposit_id).kind
        method = "WithdrawTermDeposit" if kind == "TERM" else "WithdrawNoticeDeposit"
        asked: dict[str, Any] = {} if minor is None else {"amount_minor": minor}
        self.ask(method, deposit_id=deposit_id, **asked)

    @precondition(lambda self: self.deposit_ids)
    @rule(data=st.data(), minor=st.integers(5 * 10**6, 10**7), ahead=st.integers(6, 12))
    def give_notice(self, data: st.DataObject, minor: int, ahead: int) -> None:
        deposit_id = data.draw(st.sampled_from(self.deposit_ids))
        draw_on = self.today + datetime.timedelta(days=ahead)
        notice_id = f"N-{next(self.numbers)}"
        asked: dict[str, Any] = {"deposit_id": deposit_id, "notice_id": notice_id}
        self.ask("GiveNotice", **asked, amount_minor=minor, draw_on=str(draw_on))
        if minor % 3 == 0:
            self.ask("CancelNotice", **asked)

    @rule(minor=st.integers(1, 10**7), back=st.integers(0, 30))
    def pay(self, minor: int, back: int) -> None:
        counts = str(self.today - datetime.timedelta(days=back))
        self.ask("Transfer", **transfer(minor), value_date=counts)
        self.ask("Deposit", **deposit(minor, "K-1"), value_date=counts)

    @rule(ppm=st.integers(0, 20_000), months=st.sampled_from([0, 3, 12]))
    def list_rate(self, ppm: int, months: int) -> None:
        line = "TERM" if months else "DEMAND"
        self.ask(
            "PublishDepositRate", currency="CNY", line=line, tenor=months, annual_rate_ppm=ppm,
            effective_from=str(self.today),
        )  # fmt: skip

    @rule(base=st.integers(5 * 10**6, 10**8), days=st.integers(1, 300))
    def agree(self, base: int, days: int) -> None:
        until = str(self.today + datetime.timedelta(days=days))
        self.ask(
            "SetAgreement", account_id="K-1", product_id="agreement", base_minor=base,
            annual_rate_ppm=12_000, until=until,
        )  # fmt: skip

    @rule(times=st.integers(1, 12))
    def months_pass(self, times: int) -> None:
        for _ in range(times):
            self.days_pass(10)

    @rule(days=st.integers(1, 10))
    def days_pass(self, days: int) -> None:
        """Some days later, what fell due happens, and once."""
        self.ask("AdvanceBusinessDate", date=str(self.today + datetime.timedelta(days=days)))
        for found in self.all_due():
            fields = msgspec.to_builtins(found.command)
            fields = {name: str(value) if name.endswith("_on") else value
                      for name, value in fields.items()}  # fmt: skip
            before = self.accrued(found)
            assert self.ask(type(found.command).__name__, **fields) is None
            assert self.accrued(found) == before, "a settlement makes no interest"
        assert not self.all_due(), "due again"

    def accrued(self, found: due.Due) -> int:
        """Interest of the account to yesterday, settled or not."""
        if not found.key.startswith("SettleInterest"):
            return 0
        account_id = found.command.touches[0].partition(":")[2]
        listed = demand_rates(self.states.get(DEPOSIT_RATES, "CNY"))
        settled_on = datetime.date.fromisoformat(found.key.rpartition("@")[2])
        standing = self.states.get(INTEREST, account_id)
        return interest.accrued_to(standing, settled_on, listed)

    def all_due(self) -> list[due.Due]:
        deposits = [due.maturity_due(self.states.get(DEPOSIT, d), self.today)
                    for d in self.deposit_ids]  # fmt: skip
        accounts = [due.interest_due(self.states.get(INTEREST, a), self.today) for a in ACCOUNTS]
        return [found for found in (*deposits, *accounts) if found is not None]

    @invariant()
    def a_deposit_is_what_its_account_holds(self) -> None:
        for deposit_id in self.deposit_ids:
            found = self.states.get(DEPOSIT, deposit_id)
            account = self.states.get(ACCOUNT, deposit_id)
            state.invariants(found)
            assert found.principal_minor == account.ledger_minor
            is_closed = account.status is Status.CLOSED
            assert (found.status is DepositStatus.CLOSED) == is_closed

    @invariant()
    def what_is_folded_on_the_way_is_what_a_fresh_fold_gives(self) -> None:
        for account_id in ACCOUNTS:
            entity = f"account:{account_id}"
            facts = [*self.log.history({entity: 0})[entity]]
            facts += [fact for fact in self.made if entity in fact.event.entities]
            folds: list[tuple[Fold[Any], Any]] = [
                (INTEREST, interest.invariants),
                (ACTIVITY, dormancy.invariants),
            ]
            for fold, check in folds:
                fresh: Any = fold.initial
                for fact in facts:
                    fresh = fold.evolve(fresh, fact)
                check(fresh)
                assert self.states.get(fold, account_id) == fresh


Savings.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestSavings = Savings.TestCase
