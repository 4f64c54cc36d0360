"""The shared words in which an event says what it does to accounts: legs, hold changes, cap uses.

Units: whole minor units. Sign: debit positive, credit negative, for every leg of every account;
a customer's deposit account is a liability of the bank, so money paid into it is a negative leg.
The legs of one event sum to zero per currency.
Source: double entry; CAS application guide for the internal accounts' subjects (see bookkeeping).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Leg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One side of a movement of money.

    ``account`` is the id of a customer's account, or an internal account (see ``internal``).
    ``amount_minor`` is signed, debit positive. ``purpose`` picks the posting rule.
    """

    account: str
    amount_minor: int
    currency: str
    purpose: str


class HoldChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money set aside on an account: placed (positive) or captured / released (negative).

    ``expires_on`` is the first business date on which the hold no longer binds; set when placed.
    """

    hold_id: str
    account: str
    amount_minor: int
    expires_on: datetime.date | None = None


class Direction(StrEnum):
    """Which way money counts against the caps of an account."""

    IN = "IN"
    OUT = "OUT"


class CapUse(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Use of a class Ⅱ / Ⅲ cap; negative when a reversal gives it back.

    ``on`` is the day that it counts on: None for the fact's own booking date, the original's
    booking date for a reversal.
    """

    account: str
    direction: Direction
    amount_minor: int
    on: datetime.date | None = None


INTERNAL = "@"


class InternalAccount(StrEnum):
    """Accounts of the bank itself. They are summed by read models and are no entities.

    ``LOAN`` is where money of loans passes: an event of a loan moves it between the customer's
    account and here, and the loan's own journal takes it from here into the books, so that it
    stands at zero. ``INTEREST_PAYABLE`` does the same for deposit interest, ``PARTNER`` is what is
    owed to partners of joint loans. ``FORECLOSED`` pays with an asset taken instead of money, at
    its fair value. ``TAX_WITHHELD`` is kept for the tax office, ``LONG_SUSPENSE`` for holders who
    did not claim their money. ``FEE_INCOME`` takes fees of accounts, ``OUTPUT_VAT`` their tax.
    ``SUBSIDY`` is what fiscal offices owe for interest that they took over.
    """

    CASH = "CASH"
    CLEARING = "CLEARING"
    RECEIVABLE = "RECEIVABLE"
    PENDING = "PENDING"
    LOAN = "LOAN"
    PARTNER = "PARTNER"
    INTEREST_PAYABLE = "INTEREST_PAYABLE"
    FORECLOSED = "FORECLOSED"
    TAX_WITHHELD = "TAX_WITHHELD"
    LONG_SUSPENSE = "LONG_SUSPENSE"
    FEE_INCOME = "FEE_INCOME"
    OUTPUT_VAT = "OUTPUT_VAT"
    SUBSIDY = "SUBSIDY"


def internal(account: InternalAccount, branch_id: str) -> str:
    """Name of an internal account at a branch.

    >>> internal(InternalAccount.CASH, "0755")
    '@CASH:0755'
    """
    return f"{INTERNAL}{account}:{branch_id}"


def is_internal(account: str) -> bool:
    """Whether a leg's account is the bank's own; a customer's id cannot begin with ``@``."""
    return account.startswith(INTERNAL)


def internal_parts(account: str) -> tuple[InternalAccount, str]:
    """Kind and branch of an internal account name.

    >>> internal_parts("@CASH:0755")
    (<InternalAccount.CASH: 'CASH'>, '0755')
    """
    name, _, branch_id = account.removeprefix(INTERNAL).partition(":")
    return InternalAccount(name), branch_id


def are_balanced(legs: Iterable[Leg]) -> bool:
    """Whether the legs sum to zero in each currency."""
    sums: dict[str, int] = {}
    for leg in legs:
        sums[leg.currency] = sums.get(leg.currency, 0) + leg.amount_minor
    return not any(sums.values())


def cap_uses(amount_minor: int, *, out_of: str | None, into: str | None) -> tuple[CapUse, ...]:
    """Use of the out-cap of one account and of the in-cap of another, where they are capped.

    >>> [use.direction.value for use in cap_uses(5, out_of="A", into=None)]
    ['OUT']
    """
    uses: tuple[CapUse, ...] = ()
    if out_of is not None:
        uses += (CapUse(account=out_of, direction=Direction.OUT, amount_minor=amount_minor),)
    if into is not None:
        uses += (CapUse(account=into, direction=Direction.IN, amount_minor=amount_minor),)
    return uses
