"""Facts of a small bank for tests. Amounts in minor units of CNY unless said otherwise."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from kernel.accounts.events import AccountOpened
from kernel.business_date.events import BusinessDateAdvanced, BusinessDateOpened
from kernel.common.facts import Event, Fact
from kernel.common.terms import AccountClass
from kernel.eventstore.log import Batch
from kernel.eventstore.memory import MemoryLog
from kernel.payments.commands import MoneySource
from kernel.payments.events import Deposited, Transferred, Withdrawn

DAY_1 = datetime.date(2026, 3, 2)
DAY_2 = datetime.date(2026, 3, 3)
DAY_3 = datetime.date(2026, 3, 4)


def fact(
    event: Event,
    position: int = 1,
    booking_date: datetime.date = DAY_1,
    value_date: datetime.date | None = None,
) -> Fact:
    """An event in an envelope."""
    return Fact(
        position=position,
        principal="teller-1",
        channel="COUNTER",
        method="Test",
        command_id=f"command-{position}",
        ordinal=0,
        fingerprint=b"",
        recorded_at=datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC),
        booking_date=booking_date,
        value_date=value_date or booking_date,
        event=event,
    )


def log_of(facts: Iterable[Fact]) -> MemoryLog:
    """A log that holds the facts."""
    log = MemoryLog()
    extend(log, facts)
    return log


def extend(log: MemoryLog, facts: Iterable[Fact]) -> None:
    """Append facts at the log's head."""
    log.append(Batch(facts=tuple(facts)), log.head(), timeout_seconds=1)


def opened(
    account_id: str,
    branch_id: str = "0755",
    *,
    customer_id: str = "li-na",
    posting_class: str = "PERSONAL_CURRENT",
    currency: str = "CNY",
) -> AccountOpened:
    """An account of a customer at a branch."""
    return AccountOpened(
        account_id=account_id,
        customer_id=customer_id,
        product_id="current",
        product_version=1,
        branch_id=branch_id,
        currency=currency,
        account_class=AccountClass.I,
        posting_class=posting_class,
    )


def deposited(
    account_id: str,
    amount_minor: int,
    *,
    branch_id: str = "0755",
    source: MoneySource = MoneySource.CASH,
    currency: str = "CNY",
) -> Deposited:
    """Money paid in."""
    return Deposited(
        account_id=account_id,
        amount_minor=amount_minor,
        currency=currency,
        branch_id=branch_id,
        source=source,
    )


def withdrawn(
    account_id: str,
    amount_minor: int,
    *,
    branch_id: str = "0755",
    destination: MoneySource = MoneySource.CASH,
    currency: str = "CNY",
) -> Withdrawn:
    """Money paid out."""
    return Withdrawn(
        account_id=account_id,
        amount_minor=amount_minor,
        currency=currency,
        branch_id=branch_id,
        destination=destination,
        ordering_customer_id="li-na",
    )


def transferred(payer: str, payee: str, amount_minor: int, currency: str = "CNY") -> Transferred:
    """Money moved between two accounts."""
    return Transferred(
        ordering_customer_id="li-na",
        payer_account_id=payer,
        payee_account_id=payee,
        amount_minor=amount_minor,
        currency=currency,
        text="rent",
    )


def opening_day(*events: Event) -> list[Fact]:
    """A ledger's first day: the business date is opened, then the events happen."""
    return following([], BusinessDateOpened(date=DAY_1), *events)


def next_day(facts: list[Fact], date: datetime.date, *events: Event) -> list[Fact]:
    """The facts, a new business date, and the events booked on it."""
    advanced = BusinessDateAdvanced(date=date, previous=facts[-1].booking_date)
    begun = [*facts, fact(advanced, len(facts) + 1, date)]
    return following(begun, *events)


def following(
    facts: list[Fact], *events: Event, value_date: datetime.date | None = None
) -> list[Fact]:
    """The facts, and the events booked on the same day as the last one."""
    booking_date = facts[-1].booking_date if facts else DAY_1
    more = [
        fact(event, position, booking_date, value_date)
        for position, event in enumerate(events, len(facts) + 1)
    ]
    return [*facts, *more]


def two_days() -> list[Fact]:
    """Position 4 pays 1000 in, 5 transfers 300; next day 7 pays 40 out, 8 backdates 25 to day 1."""
    facts = opening_day(
        opened("li"), opened("far", "0451"), deposited("li", 1_000), transferred("li", "far", 300)
    )
    facts = next_day(facts, DAY_2, withdrawn("li", 40))
    return following(facts, deposited("li", 25), value_date=DAY_1)
