"""Loans on the ledger: any order of arrival, and any course of business, through the engine."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from kernel.application.folds import BUSINESS_DATE, CONTRACT, LOAN
from kernel.application.requests import Accepted
from kernel.eventstore.memory import MemoryLog
from kernel.loans import state as loan_states
from kernel.loans.colending import partner_position_minor
from kernel.loans.contract_state import contract_invariants
from kernel.loans.event_bases import is_the_loans_own
from kernel.loans.events import parts_of
from kernel.loans.state import LoanState, owed_principal_minor, standing_of
from tests.support.bank import Bank, running_bank
from tests.support.lending import contract, drawn, loan, pass_days, publish
from tests.support.loan_checks import check_loan
from tests.support.loan_digest import digest

START, TODAY = datetime.date(2026, 3, 2), datetime.date(2026, 3, 31)
ON_L1: dict[str, Any] = {"loan_id": "L-1"}
REVOLVING: dict[str, Any] = {"terms": {"method": "revolving", "penalty": {}}, "revolving": True}

days = st.integers(0, 29).map(lambda n: (START + datetime.timedelta(days=n)).isoformat())
amounts = st.integers(1, 3_000_000)
modes = st.sampled_from(["ON_REQUEST", "IN_ADVANCE", "AUTO"])
Asked = tuple[str, dict[str, Any]]


def asked(method: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Asked]:
    """A command of the method on L-1 with a value date."""
    return st.fixed_dictionaries({"value_date": days, **fields}).map(lambda one: (method, one))


things = st.one_of(
    asked("ReceiveLoanPayment", amount_minor=amounts, mode=modes, reference=st.just("wire")),
    asked("ChargeLoanFee", amount_minor=st.integers(1, 50_000), name=st.just("letter")),
    asked(
        "SetLoanRate", annual_rate_ppm=st.integers(0, 180_000), is_relief=st.just(True),
        reason=st.just("agreed"),
    ),
    asked("PauseLoanInterest", until=st.just("2026-04-10"), reason=st.just("flood")),
    asked("ExtendLoan", instalments=st.integers(1, 3), debtor_in_difficulty=st.booleans()),
    asked("WaiveClaim", what=st.sampled_from(["FEE", "INTEREST"]), reason=st.just("goodwill")),
)  # fmt: skip
draws = asked("DrawLoan", contract_id=st.just("K-1"), amount_minor=amounts)


def history(
    events: list[Asked], undone: set[int], order: list[int], *, share: bool, revolving: bool
) -> LoanState | None:
    """The loan after all events in the order, then their reversals; None if any was refused."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        publish(bank, **(REVOLVING if revolving else {}))
        partner = {"partner_id": "P-1", "share_ppm": 333_333}
        contract(bank, amount_minor=50_000_000, partner=partner if share else None)
        drawn(bank)
        pass_days(bank, TODAY.isoformat())
        positions: dict[int, int] = {}
        for place in order:
            if place >= 0:
                method, fields = events[place]
                outcome = bank.ask(method, f"event-{place}", **ON_L1, **fields)
                if not isinstance(outcome, Accepted):
                    return None
                positions[place] = outcome.facts[0].position
            else:
                undo = {"position": positions[-place - 1], "reason": "undone"}
                bank.done("ReverseLoanEntry", f"undo{place}", **ON_L1, **undo)
        state = loan(bank)
        assert bank.states.get(CONTRACT, "K-1").outstanding_minor == state.outstanding_minor
        return state


def orders(events: list[Asked], undone: set[int]) -> st.SearchStrategy[list[int]]:
    """Any order in which each reversal (-1 - place) comes after its event."""

    def repaired(order: list[int]) -> list[int]:
        kept: list[int] = []
        for one in order:
            if one < 0 and -one - 1 not in kept:
                kept.append(-one - 1)
            if one not in kept:
                kept.append(one)
        return kept

    places = list(range(len(events))) + [-1 - place for place in sorted(undone)]
    return st.permutations(places).map(repaired)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data(), share=st.booleans(), revolving=st.booleans())
def test_any_order_of_arrival_gives_the_same_loan(
    data: st.DataObject, share: bool, revolving: bool
) -> None:
    """Same standing on every day, same use of the limit, same partner's share, same state."""
    kinds = st.one_of(things, draws) if revolving else things
    events = data.draw(st.lists(kinds, min_size=2, max_size=6))
    undone = data.draw(st.sets(st.integers(0, len(events) - 1), max_size=2))
    one, other = (
        history(events, undone, data.draw(orders(events, undone)), share=share, revolving=revolving)
        for _ in range(2)
    )
    assume(one is not None and other is not None)
    assert one is not None
    assert other is not None
    for day in (START, datetime.date(2026, 3, 15), TODAY, datetime.date(2026, 6, 1)):
        assert standing_of(one, day) == standing_of(other, day)
    assert digest(one) == digest(other)
    assert one.outstanding_minor == owed_principal_minor(standing_of(one, TODAY))
    assert one.partner_minor == partner_position_minor(standing_of(one, TODAY), one.partner)


def test_ids_that_follow_arrival_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seeded defect: entries named by a counter of arrival make two histories differ."""
    events: list[Asked] = [
        ("ReceiveLoanPayment", {"amount_minor": n, "reference": "w", "value_date": "2026-03-10"})
        for n in (5, 7)
    ]
    before = [history(events, set(), o, share=False, revolving=False) for o in ([0, 1], [1, 0])]
    count = iter(range(1, 10**6))
    monkeypatch.setattr(loan_states, "entry_id", lambda *_: f"entry-{next(count)}")
    after = [history(events, set(), o, share=False, revolving=False) for o in ([0, 1], [1, 0])]
    assert digest(before[0]) == digest(before[1])  # type: ignore[arg-type]
    assert digest(after[0]) != digest(after[1])  # type: ignore[arg-type]


class Lending(RuleBasedStateMachine):
    """A contract with a fixed and a revolving product, and everything that may be asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.context = running_bank(MemoryLog())
        self.bank: Bank = self.context.__enter__()
        self.loans: list[str] = []

    @initialize(share=st.booleans(), revolving=st.booleans())
    def signed(self, share: bool, revolving: bool) -> None:
        self.bank.open_day()
        publish(self.bank, **(REVOLVING if revolving else {}))
        partner = {"partner_id": "P-1", "share_ppm": 345_678} if share else None
        contract(
            self.bank,
            amount_minor=10_000_000,
            instalments=3,
            partner=partner,
            guarantor_ids=["C-2"],
            guarantees=[{"guarantor_id": "C-2", "max_minor": 5_000_000}],
        )

    def teardown(self) -> None:
        self.context.__exit__(None, None, None)

    @property
    def today(self) -> datetime.date:
        on = self.bank.states.get(BUSINESS_DATE, "business-date").date
        assert on is not None
        return on

    def ask(self, method: str, **fields: Any) -> None:
        """Give a command; what an accepted one says of a loan's principal is right on its day."""
        outcome = self.bank.ask(method, **fields)
        if not isinstance(outcome, Accepted):
            return
        for part in parts_of(outcome.facts[0].event):
            state = loan(self.bank, part.loan_id)
            found = standing_of(state, self.today)
            assert state.outstanding_minor == owed_principal_minor(found)
            assert state.partner_minor == partner_position_minor(found, state.partner)

    @rule(minor=st.integers(1, 6_000_000), again=st.booleans())
    def draw(self, minor: int, again: bool) -> None:
        name = self.loans[-1] if again and self.loans else f"L-{len(self.loans) + 1}"
        fields = {"contract_id": "K-1", "loan_id": name, "amount_minor": minor}
        if isinstance(self.bank.ask("DrawLoan", **fields), Accepted) and name not in self.loans:
            self.loans.append(name)

    @rule(count=st.sampled_from([1, 12, 31, 190]))
    def days_pass(self, count: int) -> None:
        pass_days(self.bank, (self.today + datetime.timedelta(days=count)).isoformat())

    @precondition(lambda self: self.loans)
    @rule(
        data=st.data(),
        minor=st.integers(1, 4_000_000),
        mode=modes,
        back=st.sampled_from([0, 0, 0, 2, 15]),
    )
    def money(self, data: st.DataObject, minor: int, mode: str, back: int) -> None:
        about: dict[str, Any] = {
            "loan_id": data.draw(st.sampled_from(self.loans)),
            "value_date": (self.today - datetime.timedelta(days=back)).isoformat(),
        }
        choices: list[Asked] = [
            ("RepayLoan", {"amount_minor": minor, "mode": mode}),
            ("ReceiveLoanPayment", {"amount_minor": minor, "reference": "w"}),
            ("CollectInstalment", {}),
            ("RefundOverpayment", {"amount_minor": minor // 10 + 1}),
            ("RecordRecovery", {"amount_minor": minor}),
            ("CompensateLoan", {"guarantor_id": "C-2", "account_id": "A-2",
                                    "amount_minor": minor // 10 + 1}),
            ("ClaimInterestSubsidy", {"amount_minor": minor // 100 + 1, "office": "o",
                                          "programme": "p"}),
            ("SettleInterestSubsidy", {"amount_minor": minor // 100 + 1, "reference": "t"}),
            ("TakeForeclosedAsset", {"fair_value_minor": minor, "asset": "a",
                                         "approval": "F-1"}),
        ]  # fmt: skip
        method, fields = data.draw(st.sampled_from(choices))
        self.ask(method, **about, **fields)

    @precondition(lambda self: self.loans)
    @rule(data=st.data())
    def relief(self, data: st.DataObject) -> None:
        about = {"loan_id": data.draw(st.sampled_from(self.loans))}
        choices: list[Asked] = [
            ("WaiveClaim", {"what": "PENALTY", "reason": "r"}),
            ("WaiveClaim", {"what": "INTEREST", "amount_minor": 100, "reason": "r"}),
            ("ChargeLoanFee", {"amount_minor": 500, "name": "letter"}),
            ("SetLoanRate", {"annual_rate_ppm": 90_000, "reason": "r"}),
            ("ExtendLoan", {"instalments": 1, "debtor_in_difficulty": True}),
            ("AccelerateLoan", {"reason": "r"}),
            ("WriteOffLoan", {"approval": "W-1"}),
            ("RestructureLoan", {"instalments": 4, "first_due_date": "2027-03-20",
                                     "capitalise": True, "debtor_in_difficulty": True}),
        ]  # fmt: skip
        method, fields = data.draw(st.sampled_from(choices))
        self.ask(method, **about, **fields)

    @precondition(lambda self: self.loans)
    @rule(data=st.data(), back=st.booleans())
    def undo(self, data: st.DataObject, back: bool) -> None:
        name = data.draw(st.sampled_from(self.loans))
        entry = data.draw(st.sampled_from(loan(self.bank, name).entries))
        about = {"loan_id": name, "position": entry.position, "reason": "undone"}
        self.ask("ChargeBackRepayment" if back else "ReverseLoanEntry", **about)

    @precondition(lambda self: self.loans)
    @rule(minor=st.integers(1, 8_000_000))
    def all_loans(self, minor: int) -> None:
        self.ask("RepayFacility", contract_id="K-1", amount_minor=minor)
        self.ask("SettleWithPartner", partner_id="P-1", loan_ids=self.loans)

    @invariant()
    def the_books_hold(self) -> None:
        """Money and figures of every loan agree; the contract is the sum of its loans."""
        if not self.loans:
            return
        credit = self.bank.states.get(CONTRACT, "K-1")
        contract_invariants(credit)
        states = [loan(self.bank, name) for name in self.loans]
        for state in states:
            check_loan(state, self.today)
            assert state == self.bank.states.get(LOAN, state.loan_id)
        assert credit.outstanding_minor == sum(each.outstanding_minor for each in states)


Lending.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
TestLending = Lending.TestCase


def lent() -> LoanState:
    """A loan with a payment, for the seeded defects; on 2 March."""
    with running_bank(MemoryLog()) as bank:
        bank.open_day()
        publish(bank)
        contract(bank)
        drawn(bank)
        bank.done("RepayLoan", **ON_L1, amount_minor=1_000)
        return loan(bank)


def without_its_money(state: LoanState) -> LoanState:
    """A payment that moved nothing."""
    first, paid = state.entries
    return replace(state, entries=(first, replace(paid, legs=())))


def with_one_side_only(state: LoanState) -> LoanState:
    """A draw of which the loan's own leg is lost."""
    first, paid = state.entries
    one_side = tuple(leg for leg in first.legs if not is_the_loans_own(leg))
    return replace(state, entries=(replace(first, legs=one_side), paid))


def twice_the_same(state: LoanState) -> LoanState:
    """An entry that was folded twice."""
    return replace(state, entries=(*state.entries, state.entries[-1]))


def overpaid(state: LoanState) -> LoanState:
    """A limit that was given back more than was drawn."""
    return replace(state, outstanding_minor=-1)


@pytest.mark.parametrize(
    ("defect", "says"),
    [
        (without_its_money, "money:"),
        (with_one_side_only, "do not balance"),
        (twice_the_same, "share an id"),
        (overpaid, "owes -1"),
    ],
)
def test_each_defect_is_caught(defect: Callable[[LoanState], LoanState], says: str) -> None:
    check_loan(lent(), START)
    with pytest.raises(AssertionError, match=says):
        check_loan(defect(lent()), START)
