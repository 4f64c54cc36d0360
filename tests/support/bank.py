"""A small bank for tests: an engine over a log, and the day's first commands given to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kernel.application.clock import SystemClock
from kernel.application.engine import Engine
from kernel.application.folds import FOLDS
from kernel.application.requests import Accepted, Outcome, Refused, Request
from kernel.application.states import States
from kernel.application.use_cases import USE_CASES
from kernel.common.fields import shaped
from kernel.eventstore.log import Log
from kernel.eventstore.snapshots import MemorySnapshots

COMMANDS = {command.__name__: command for command in USE_CASES}
CURRENT = {
    "name": "Current account",
    "account_class": "I",
    "holder_kind": "PERSON",
    "currency": "CNY",
    "minimum_level": "FACE_TO_FACE",
    "overdraft_max_minor": 100_000,
}


def request(
    method: str, command_id: str, /, *, by: str = "teller", seconds: float = 10.0, **fields: Any
) -> Request:
    """A request with a deadline some seconds from now."""
    return Request(
        principal=by,
        channel="COUNTER",
        method=method,
        command_id=command_id,
        command=shaped(COMMANDS[method], fields),
        deadline=time.monotonic() + seconds,
    )


class Bank:
    """An engine, and short ways to ask it."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.states = States(log, FOLDS, MemorySnapshots())
        self.engine = Engine(log, self.states, SystemClock())
        self._asked = 0

    def ask(self, method: str, command_id: str = "", /, **fields: Any) -> Outcome:
        """Give a command and wait for its outcome; an id is made when none is given."""
        self._asked += 1
        one = request(method, command_id or f"{method}-{self._asked}", **fields)
        return self.engine.submit(one).result(20)

    def done(self, method: str, command_id: str = "", /, **fields: Any) -> int:
        """The position of a command that must be accepted."""
        outcome = self.ask(method, command_id, **fields)
        assert isinstance(outcome, Accepted), outcome
        return outcome.facts[0].position

    def refused(self, method: str, command_id: str = "", /, **fields: Any) -> str:
        """The code of a command that must be refused."""
        outcome = self.ask(method, command_id, **fields)
        assert isinstance(outcome, Refused), outcome
        return outcome.refusal.code

    def open_day(self) -> None:
        """The business date, one product, two customers with accounts A-1 (1,000.00) and A-2."""
        self.done("OpenBusinessDate", date="2026-03-02")
        self.done("DraftProduct", by="maker", product_id="current", version=1, terms=CURRENT)
        published: dict[str, Any] = {
            "product_id": "current",
            "version": 1,
            "effective_from": "2026-03-02",
        }
        self.done("PublishProduct", by="checker", **published)
        for number in ("1", "2"):
            customer_id = f"C-{number}"
            self.done(
                "RegisterCustomer",
                customer_id=customer_id,
                kind="PERSON",
                name="王芳",
                branch_id="0755",
            )
            self.done(
                "IdentifyCustomer",
                customer_id=customer_id,
                level="FACE_TO_FACE",
                document_type="RESIDENT_ID",
                document_number=f"44030119900101000{number}",
                evidence_id="E-1",
            )
            self.done(
                "OpenAccount",
                account_id=f"A-{number}",
                customer_id=customer_id,
                product_id="current",
                branch_id="0755",
            )
        self.done("Deposit", **deposit(100_000))

    def balance(self, account_id: str) -> int:
        """Ledger balance folded from the log alone, minor units."""
        legs = [
            leg
            for fact in self.log.history({f"account:{account_id}": 0})[f"account:{account_id}"]
            for leg in fact.event.legs
            if leg.account == account_id
        ]
        return -sum(leg.amount_minor for leg in legs)


def deposit(amount_minor: int, account_id: str = "A-1") -> dict[str, Any]:
    """A cash deposit."""
    return {
        "account_id": account_id,
        "amount_minor": amount_minor,
        "currency": "CNY",
        "source": "CASH",
        "branch_id": "0755",
    }


def transfer(amount_minor: int) -> dict[str, Any]:
    """A transfer from A-1 to A-2."""
    return {
        "ordering_customer_id": "C-1",
        "payer_account_id": "A-1",
        "payee_account_id": "A-2",
        "amount_minor": amount_minor,
        "currency": "CNY",
    }


@contextmanager
def running_bank(log: Log) -> Iterator[Bank]:
    """A bank that writes; its thread ends with the block."""
    bank = Bank(log)
    bank.engine.start()
    try:
        yield bank
    finally:
        bank.engine.stop()
