"""Customers, products and the business date as state machines, each beside a plain model."""

from __future__ import annotations

import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kernel.application.folds import BUSINESS_DATE, CUSTOMER, PRODUCT
from kernel.business_date import state as business_dates
from kernel.common.people import IdentificationLevel
from kernel.customers import state as customers
from kernel.eventstore.memory import MemoryLog
from kernel.products import state as products
from tests.support.bank import CURRENT, Bank

SETTINGS = settings(max_examples=25, stateful_step_count=25, deadline=None)
CUSTOMERS = st.sampled_from(["C-1", "C-2", "C-3"])
PEOPLE = st.sampled_from(["maker", "checker"])
LEVELS = [level.value for level in IdentificationLevel]


class CustomersMachine(RuleBasedStateMachine):
    """Who exists, how well identified, by which document, merged into whom, restrained by whom."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = Bank(MemoryLog())
        self.bank.engine.start()
        self.bank.done("OpenBusinessDate", date="2026-03-02")
        self.levels: dict[str, int] = {}
        self.owner: dict[str, str] = {}
        self.merged: dict[str, str] = {}
        self.held_by: dict[str, str] = {}
        self.related: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        """End the engine's thread."""
        self.bank.engine.stop()

    def live(self, customer_id: str) -> bool:
        """Registered and not merged away."""
        return customer_id in self.levels and customer_id not in self.merged

    def check(self, is_allowed: bool, method: str, by: str = "teller", **fields: object) -> bool:
        """The bank accepts exactly what the model allows."""
        if is_allowed:
            self.bank.done(method, "", by=by, **fields)
        else:
            self.bank.refused(method, "", by=by, **fields)
        return is_allowed

    @rule(customer_id=CUSTOMERS)
    def register(self, customer_id: str) -> None:
        """An id is used once."""
        fields = {"customer_id": customer_id, "kind": "PERSON", "name": "李娜", "branch_id": "1"}
        if self.check(customer_id not in self.levels, "RegisterCustomer", **fields):
            self.levels[customer_id] = 0

    @rule(customer_id=CUSTOMERS, level=st.sampled_from(LEVELS), number=st.sampled_from(["7", "8"]))
    def identify(self, customer_id: str, level: str, number: str) -> None:
        """The level does not sink; the document is nobody else's."""
        rank = LEVELS.index(level)
        allowed = self.live(customer_id) and rank > 0 and rank >= self.levels[customer_id]
        allowed = allowed and self.owner.get(number, customer_id) == customer_id
        document = {"document_type": "PASSPORT", "document_number": number, "evidence_id": "E"}
        fields = {"customer_id": customer_id, "level": level, **document}
        if self.check(allowed, "IdentifyCustomer", **fields):
            self.levels[customer_id] = rank
            self.owner[number] = customer_id

    @rule(customer_id=CUSTOMERS, other=CUSTOMERS)
    def relate(self, customer_id: str, other: str) -> None:
        """Two different live customers, once."""
        allowed = self.live(customer_id) and self.live(other) and customer_id != other
        allowed = allowed and (customer_id, other) not in self.related
        fields = {"customer_id": customer_id, "other_customer_id": other, "relation": "SPOUSE"}
        if self.check(allowed, "RelateCustomers", **fields):
            self.related.add((customer_id, other))

    @rule(customer_id=CUSTOMERS, by=PEOPLE)
    def hold(self, customer_id: str, by: str) -> None:
        """One hold of the bank at a time, in this model."""
        allowed = self.live(customer_id) and customer_id not in self.held_by
        restraint = {"restraint_id": "R", "kind": "BANK_HOLD", "reason": "check"}
        if self.check(allowed, "RestrainCustomer", by, customer_id=customer_id, **restraint):
            self.held_by[customer_id] = by

    @rule(customer_id=CUSTOMERS, by=PEOPLE)
    def lift(self, customer_id: str, by: str) -> None:
        """By a second person."""
        allowed = self.live(customer_id) and self.held_by.get(customer_id, by) != by
        fields = {"customer_id": customer_id, "restraint_id": "R", "reason": "clear"}
        if self.check(allowed, "LiftCustomerRestraint", by, **fields):
            del self.held_by[customer_id]

    @rule(customer_id=CUSTOMERS, into=CUSTOMERS)
    def merge(self, customer_id: str, into: str) -> None:
        """Two different live customers, neither under a hold."""
        allowed = self.live(customer_id) and self.live(into) and customer_id != into
        allowed = allowed and not {customer_id, into} & self.held_by.keys()
        fields = {"customer_id": customer_id, "into_customer_id": into, "evidence_id": "E"}
        if self.check(allowed, "MergeCustomers", **fields):
            self.merged[customer_id] = into

    @invariant()
    def the_bank_agrees_with_the_model(self) -> None:
        """Level, survivor and the state's own invariants."""
        for customer_id, rank in self.levels.items():
            state = self.bank.states.get(CUSTOMER, customer_id)
            customers.invariants(state)
            assert state.level.rank == rank
            assert state.merged_into == self.merged.get(customer_id, "")
            assert state.is_restrained(datetime.date(2026, 3, 2)) == (customer_id in self.held_by)


class ProductsMachine(RuleBasedStateMachine):
    """Versions in sequence, published by a second person, withdrawn once; days that go on."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = Bank(MemoryLog())
        self.bank.engine.start()
        self.bank.done("OpenBusinessDate", date="2026-03-02")
        self.today = datetime.date(2026, 3, 2)
        self.drafted_by: list[str] = []
        self.published: dict[int, datetime.date] = {}
        self.withdrawn: set[int] = set()

    def teardown(self) -> None:
        """End the engine's thread."""
        self.bank.engine.stop()

    @rule(by=PEOPLE, version=st.integers(1, 4))
    def draft(self, by: str, version: int) -> None:
        """The next version only."""
        fields: dict[str, Any] = {"product_id": "P", "version": version, "terms": CURRENT}
        if version == len(self.drafted_by) + 1:
            self.bank.done("DraftProduct", "", by=by, **fields)
            self.drafted_by.append(by)
        else:
            assert self.bank.refused("DraftProduct", "", by=by, **fields)

    @rule(by=PEOPLE, version=st.integers(1, 4), ahead=st.integers(-1, 2))
    def publish(self, by: str, version: int, ahead: int) -> None:
        """A draft, by the other person, from today on."""
        since = self.today + datetime.timedelta(days=ahead)
        fields: dict[str, Any] = {"product_id": "P", "version": version}
        fields["effective_from"] = str(since)
        known = version <= len(self.drafted_by) and version not in self.published
        if known and self.drafted_by[version - 1] != by and ahead >= 0:
            self.bank.done("PublishProduct", "", by=by, **fields)
            self.published[version] = since
        else:
            assert self.bank.refused("PublishProduct", "", by=by, **fields)

    @rule(version=st.integers(1, 4))
    def withdraw(self, version: int) -> None:
        """A published version, once."""
        fields: dict[str, Any] = {"product_id": "P", "version": version, "reason": "replaced"}
        if version in self.published and version not in self.withdrawn:
            self.bank.done("WithdrawProduct", **fields)
            self.withdrawn.add(version)
        else:
            assert self.bank.refused("WithdrawProduct", **fields)

    @rule(step=st.integers(-1, 11))
    def advance(self, step: int) -> None:
        """Forward, ten days at most."""
        date = self.today + datetime.timedelta(days=step)
        if 1 <= step <= 10:
            self.bank.done("AdvanceBusinessDate", date=str(date))
            self.today = date
        else:
            assert self.bank.refused("AdvanceBusinessDate", date=str(date))

    @invariant()
    def the_bank_agrees_with_the_model(self) -> None:
        """What is on sale today, and the open date."""
        state = self.bank.states.get(PRODUCT, "P")
        products.invariants(state)
        on_sale = {n for n, one in state.versions.items() if one.is_on_sale(self.today)}
        in_force = {n for n, since in self.published.items() if since <= self.today}
        assert on_sale == in_force - self.withdrawn
        dates = self.bank.states.get(BUSINESS_DATE, "business-date")
        business_dates.invariants(dates)
        assert dates.date == self.today


TestCustomers = CustomersMachine.TestCase
TestCustomers.settings = SETTINGS
TestProducts = ProductsMachine.TestCase
TestProducts.settings = SETTINGS
