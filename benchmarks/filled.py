"""Ledgers with many accounts, written straight into the log: the ground that benchmarks stand on.

Units: whole minor units. Account ``number`` is ``A-0000001`` and so on, held by ``C-0000001``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice

from kernel.accounts.events import AccountOpened
from kernel.business_date.events import BusinessDateOpened
from kernel.common.facts import Event, Fact
from kernel.common.terms import AccountClass
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.log import Batch
from kernel.eventstore.postgres import PostgresLog
from kernel.payments.commands import MoneySource
from kernel.payments.events import Deposited

DAY = datetime.date(2026, 3, 2)
NOW = datetime.datetime(2026, 3, 2, 1, tzinfo=datetime.UTC)
BRANCH = "0755"
FUNDS_MINOR = 10**9
FACTS_AT_ONCE = 20_000


def account_id(number: int) -> str:
    """The id of an account.

    >>> account_id(7)
    'A-0000007'
    """
    return f"A-{number:07d}"


def customer_id(number: int) -> str:
    """The holder of an account."""
    return f"C-{number:07d}"


def opened(number: int) -> AccountOpened:
    """A personal current account of class Ⅰ."""
    return AccountOpened(
        account_id=account_id(number),
        customer_id=customer_id(number),
        product_id="current",
        product_version=1,
        branch_id=BRANCH,
        currency="CNY",
        account_class=AccountClass.I,
        posting_class="PERSONAL_CURRENT",
    )


def funded(number: int) -> Deposited:
    """Ten million yuan in cash."""
    return Deposited(
        account_id=account_id(number),
        amount_minor=FUNDS_MINOR,
        currency="CNY",
        branch_id=BRANCH,
        source=MoneySource.CASH,
    )


def accounts(count: int) -> Iterator[Event]:
    """The business date; then every account opened; then every account funded."""
    yield BusinessDateOpened(date=DAY)
    yield from map(opened, range(count))
    yield from map(funded, range(count))


def fill(url: str, schema: str, events: Iterable[Event]) -> int:
    """Append the events behind the head, index them all, and return the new head's position."""
    log = PostgresLog(url, schema)
    head = log.head()
    waiting = iter(events)
    while block := list(islice(waiting, FACTS_AT_ONCE)):
        facts = tuple(_fact(event, at) for at, event in enumerate(block, head.position + 1))
        head = log.append(Batch(facts=facts), head, timeout_seconds=60)
    log.close()
    indexer = Indexer(url, schema)
    while indexer.advance():
        pass
    indexer.stop()
    return head.position


def _fact(event: Event, position: int) -> Fact:
    return Fact(
        position=position,
        principal="teller",
        channel="COUNTER",
        method="Fill",
        command_id=f"fill-{position:09d}",
        ordinal=0,
        fingerprint=bytes(16),
        recorded_at=NOW,
        booking_date=DAY,
        value_date=DAY,
        event=event,
    )
