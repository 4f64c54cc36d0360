"""Any history of collateral through the engine: nothing is covered twice, nothing needed is let go.

Independent of the allocation: the most that a pool can cover is the least of all its cuts.
Source: Civil Code arts 392, 409 and 414; 银监发〔2017〕16号.
"""

from __future__ import annotations

import datetime
import itertools
from contextlib import ExitStack
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kernel.application.books import Books
from kernel.application.folds import COLLATERAL, CONTRACT, SECURITY
from kernel.application.requests import Accepted
from kernel.application.use_cases.security import Secured, secured
from kernel.collateral.state import item_invariants
from kernel.eventstore.memory import MemoryLog
from tests.support.bank import Bank, running_bank
from tests.support.credit import item, pledge, value
from tests.support.lending import contract, publish

ITEMS, CONTRACTS = ("F", "G"), ("K-1", "K-2")
DAY = datetime.date(2026, 3, 2)
VALUES = st.integers(0, 20).map(lambda n: n * 100_000)
AMOUNTS = st.integers(1, 12).map(lambda n: n * 50_000)


class Collateral(RuleBasedStateMachine):
    """Two items, two contracts; draws, repayments, pledges, releases and values in any order."""

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        self.bank: Bank = self.stack.enter_context(running_bank(MemoryLog()))
        self.bank.open_day()
        publish(self.bank, coverage_bp=10_000, revolving=True, amount_max_minor=10**9)
        for one in CONTRACTS:
            contract(self.bank, one, amount_minor=10**8)
        for one in ITEMS:
            item(self.bank, one, 1_000_000)
        for one, to in zip(ITEMS, CONTRACTS, strict=True):
            pledge(self.bank, one, to)
        self.loans: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    def ask(self, method: str, **fields: Any) -> bool:
        return isinstance(self.bank.ask(method, **fields), Accepted)

    def pool(self, contract_id: str) -> Secured:
        return secured(contract_id, Books(self.bank.states), DAY)

    def owed(self, contract_id: str) -> int:
        return self.bank.states.get(CONTRACT, contract_id).outstanding_minor

    def shortfall(self, contract_id: str) -> int:
        return self.pool(contract_id).cover(contract_id).shortfall_minor

    @rule(
        one=st.sampled_from(ITEMS),
        to=st.sampled_from(CONTRACTS),
        rank=st.integers(1, 2),
        maximum=st.none() | AMOUNTS,
        registered=st.booleans(),
    )
    def pledge(self, one: str, to: str, rank: int, maximum: int | None, registered: bool) -> None:
        asked: dict[str, Any] = {"registered_on": "2026-03-02"} if registered else {}
        asked |= {} if maximum is None else {"maximum_amount_minor": maximum}
        known = self.bank.states.get(COLLATERAL, one).pledge(to, rank)
        done = self.ask("PledgeCollateral", item_id=one, contract_id=to, rank=rank, **asked)
        assert done == (known is None)

    @rule(one=st.sampled_from(ITEMS), to=st.sampled_from(CONTRACTS), rank=st.integers(1, 2))
    def release(self, one: str, to: str, rank: int) -> None:
        before = {each: self.shortfall(each) for each in CONTRACTS}
        known = self.bank.states.get(COLLATERAL, one).pledge(to, rank)
        done = self.ask("ReleasePledge", item_id=one, contract_id=to, rank=rank, reason="r")
        if known is None:
            assert not done
        elif done:
            assert not self.shortfall(to), "released what was needed"
            assert all(self.shortfall(each) <= before[each] for each in CONTRACTS)

    @rule(one=st.sampled_from(ITEMS), minor=VALUES)
    def worth(self, one: str, minor: int) -> None:
        value(self.bank, one, minor)

    @rule(to=st.sampled_from(CONTRACTS), minor=AMOUNTS)
    def draw(self, to: str, minor: int) -> None:
        loan_id = f"L-{len(self.loans)}"
        if self.ask("DrawLoan", contract_id=to, loan_id=loan_id, amount_minor=minor):
            self.loans.append(loan_id)
            assert not self.shortfall(to), "drawn without cover"

    @rule(data=st.data(), minor=AMOUNTS)
    def repay(self, data: st.DataObject, minor: int) -> None:
        if self.loans:
            loan_id = data.draw(st.sampled_from(self.loans))
            self.ask("RepayLoan", loan_id=loan_id, amount_minor=minor, mode="IN_ADVANCE")

    @rule(to=st.sampled_from(CONTRACTS))
    def call(self, to: str) -> None:
        short, called = self.shortfall(to), self.bank.states.get(SECURITY, to).call_due_on
        done = self.ask("RaiseMarginCall", contract_id=to, due_on="2026-03-12")
        assert done == (bool(short) and called is None)

    @rule(to=st.sampled_from(CONTRACTS))
    def cure(self, to: str) -> None:
        short, called = self.shortfall(to), self.bank.states.get(SECURITY, to).call_due_on
        done = self.ask("CloseMarginCall", contract_id=to, reason="r")
        assert done == (not short and called is not None)

    @invariant()
    def no_more_is_covered_than_can_be_and_no_less(self) -> None:
        if not hasattr(self, "bank"):
            return
        for one in ITEMS:
            item_invariants(self.bank.states.get(COLLATERAL, one))
        for one in CONTRACTS:
            pool = self.pool(one)
            made = pool.allocation()
            lends = {each: self.lends(each) for each in pool.states}
            for each in made.items:
                assert each.used_minor <= lends[each.item_id], "covered twice"
            for loan in made.loans:
                assert loan.covered_minor <= loan.exposure_minor == self.owed(loan.loan_id)
            assert made.covered_minor == least_cut(pool, lends)

    def lends(self, item_id: str) -> int:
        """70 % of a flat, down to the minor unit."""
        valuation = self.bank.states.get(COLLATERAL, item_id).valuation
        return valuation.value_minor * 7 // 10 if valuation else 0


def least_cut(pool: Secured, lends: dict[str, int]) -> int:
    """The least over all sets of items and contracts that separate money from claims."""
    pledges = [
        (state.item_id, each.contract_id, each.maximum_amount_minor)
        for state in pool.states.values()
        for each in state.pledges
        if each.registered_on is not None
    ]
    owed = {each.loan_id: each.exposure_minor for each in pool.exposures}
    found = []
    for used in itertools.product([False, True], repeat=len(lends) + len(owed)):
        full = dict(zip([*lends, *owed], used, strict=True))
        cut = sum(lends[one] for one in lends if full[one])
        cut += sum(owed[one] for one in owed if full[one])
        open_ = [(i, maximum) for i, to, maximum in pledges if not full[i] and not full[to]]
        cut += sum(lends[i] if maximum is None else maximum for i, maximum in open_)
        found.append(cut)
    return min(found)


TestCollateral = Collateral.TestCase
TestCollateral.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
