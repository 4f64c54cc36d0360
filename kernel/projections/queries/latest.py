"""How an account stands at the log's very end, however far behind it the read models are.

The read models answer up to where they are; what the log says of the account behind that is folded
on top. Everyday money is folded (it only adds); anything else (holds, restraints, a changed status,
another business date) is not: then the read models have to get there first, and ``Behind`` says how
far. Units and sign: as in ``accounts``.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable

import msgspec

from kernel.business_date.events import ENTITY as BUSINESS_DATE
from kernel.common.facts import Fact
from kernel.common.refusals import Refusal
from kernel.eventstore.log import Log
from kernel.projections.queries.accounts import Balance, account_row, balance, balances_of
from kernel.projections.queries.reading import Reader
from kernel.projections.refusals import AccountNotFound


class Behind(Exception):
    """The read models must hold ``position`` before the question can be answered."""

    def __init__(self, position: int) -> None:
        super().__init__(f"the read models do not hold position {position}")
        self.position = position


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The balance at its ``known_at``; holds and restraints are the same since ``projected_at``."""

    balance: Balance
    projected_at: int


def latest_balance(
    reader: Reader, log: Log, account_id: str, as_of: datetime.date | None, known_at: int
) -> Latest:
    """The balance as known at a position that the log has, projected or not.

    Refuses Unanswerable, AccountNotFound. Raises Behind, LogUnavailable.
    """
    projected_at, found = _projected(reader, account_id, as_of)
    if known_at < projected_at:
        found = balance(reader, account_id, as_of, known_at)
    if known_at <= projected_at:
        if isinstance(found, Refusal):
            raise found
        return Latest(balance=found, projected_at=known_at)
    account = f"account:{account_id}"
    tail = {
        entity: [fact for fact in facts if fact.position <= known_at]
        for entity, facts in log.history(
            {account: projected_at, BUSINESS_DATE: projected_at}
        ).items()
    }
    if isinstance(found, AccountNotFound) and not tail[account]:
        raise AccountNotFound(account_id=account_id, known_at=known_at)
    if isinstance(found, Refusal):
        raise Behind(known_at)
    others = [fact.position for fact in tail[account] if not _is_money_only(fact, account_id)]
    others += [fact.position for fact in tail[BUSINESS_DATE]]
    if others:
        raise Behind(max(others))
    return Latest(balance=_folded(found, tail[account], known_at), projected_at=projected_at)


def _projected(
    reader: Reader, account_id: str, as_of: datetime.date | None
) -> tuple[int, Balance | Refusal]:
    """Where the read models are, and what they say there."""
    with reader.at(None, reader.models.balances, reader.models.statements) as view:
        try:
            on = view.value_day(as_of)
            return view.known_at, balances_of(view, [account_row(view, account_id, on)], on)[0]
        except Refusal as refusal:
            return view.known_at, refusal


def _is_money_only(fact: Fact, account_id: str) -> bool:
    event = fact.event
    is_held = any(change.account == account_id for change in event.hold_changes)
    return not is_held and any(leg.account == account_id for leg in event.legs)


def _folded(found: Balance, facts: Iterable[Fact], known_at: int) -> Balance:
    """The balance with the facts' money; each counts by value date, and by booking date."""
    valued = booked = 0
    for fact in facts:
        minor = -sum(leg.amount_minor for leg in fact.event.legs if leg.account == found.account_id)
        valued += minor if fact.value_date <= found.as_of else 0
        booked += minor if fact.booking_date <= found.as_of else 0
    return msgspec.structs.replace(
        found,
        known_at=known_at,
        ledger_minor=found.ledger_minor + valued,
        booked_minor=found.booked_minor + booked,
        available_minor=found.available_minor + booked,
    )
