"""What can have happened to a credit contract, from the application to its end.

A stored contract: fields are added, never renamed. Units: whole minor units, rates in ppm a year.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from kernel.common.limit_uses import LimitUse, UseKind
from kernel.loans.event_bases import OnContract


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was looked up or shown: where it lies, its digest, until when it holds."""

    kind: str
    reference: str
    digest: str
    valid_until: datetime.date | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A partner that lends a part of each loan of the contract (联合贷款)."""

    partner_id: str
    share_ppm: int


class Guarantee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The most that a guarantor answers for (最高额保证)."""

    guarantor_id: str
    max_minor: int


class LoanApplied(OnContract, frozen=True, kw_only=True):
    """A customer asked for credit, with evidence and consents.

    ``account_id`` is where money is paid out to and collected from.
    """

    customer_id: str
    product_id: str
    product_version: int
    amount_minor: int
    currency: str
    instalments: int
    account_id: str
    branch_id: str
    purpose: str
    co_borrower_ids: tuple[str, ...] = ()
    guarantor_ids: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    consents: tuple[str, ...] = ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The contract and every customer who borrows or guarantees."""
        people = (self.customer_id, *self.co_borrower_ids, *self.guarantor_ids)
        customers = dict.fromkeys(f"customer:{one}" for one in people)
        return (f"contract:{self.contract_id}", *customers)


class CreditApproved(OnContract, frozen=True, kw_only=True):
    """The bank is ready to lend: how much, at what rate, for how long.

    ``rules`` names the rule set with its version, ``input_digest`` what it was given.
    """

    amount_minor: int
    annual_rate_ppm: int
    instalments: int
    rules: str
    input_digest: str
    reasons: tuple[str, ...] = ()


class CreditDeclined(OnContract, frozen=True, kw_only=True):
    """The bank said no to the application."""

    rules: str
    input_digest: str
    reasons: tuple[str, ...]


class LoanOffered(OnContract, frozen=True, kw_only=True):
    """The terms that the customer may sign until ``expires_on`` (the first day it is too late).

    ``terms`` are those of a loan of the whole amount that starts on the day of the offer.
    ``all_in_ppm`` is the annual cost with all fees; None where no such rate exists.
    """

    terms: dict[str, Any]
    expires_on: datetime.date
    all_in_ppm: int | None = None


class ContractSigned(OnContract, frozen=True, kw_only=True):
    """The customer signed the document of that digest.

    ``limit_path`` names the limit that draws count on and all above it; ``amount_minor`` of it is
    set aside for the contract. ``due_day`` is the day of the month agreed. A floating contract
    follows ``index_id`` with ``spread_ppm``, fixed here for its life. ``guarantees`` are those that
    have a maximum.
    """

    document_digest: str
    signed_by: str
    amount_minor: int
    currency: str
    limit_path: tuple[str, ...] = ()
    due_day: int | None = None
    partner: Share | None = None
    index_id: str = ""
    spread_ppm: int = 0
    guarantees: tuple[Guarantee, ...] = ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The contract and the limits."""
        return _with_limits(self.contract_id, self.limit_path)

    @property
    def limit_uses(self) -> tuple[LimitUse, ...]:
        """The whole amount is set aside."""
        return _use(
            self.limit_path, self.contract_id, UseKind.RESERVE, self.amount_minor, self.currency
        )


class ContractEnded(OnContract, frozen=True, kw_only=True):
    """No more is drawn: withdrawn by the customer, expired, or cancelled by the bank.

    ``released_minor`` is what the signature had set aside under the limit.
    """

    reason: str
    released_minor: int = 0
    currency: str = "CNY"
    limit_path: tuple[str, ...] = ()

    @property
    def entities(self) -> tuple[str, ...]:
        """The contract and the limits."""
        return _with_limits(self.contract_id, self.limit_path)

    @property
    def limit_uses(self) -> tuple[LimitUse, ...]:
        """What was set aside is let go."""
        return _use(
            self.limit_path, self.contract_id, UseKind.RELEASE, self.released_minor, self.currency
        )


def _with_limits(contract_id: str, limit_path: tuple[str, ...]) -> tuple[str, ...]:
    return (f"contract:{contract_id}", *(f"limit:{limit_id}" for limit_id in limit_path))


def _use(
    path: tuple[str, ...], contract_id: str, kind: UseKind, amount_minor: int, currency: str
) -> tuple[LimitUse, ...]:
    if not path or not amount_minor:
        return ()
    use = LimitUse(
        limit_id=path[0],
        contract_id=contract_id,
        kind=kind,
        amount_minor=amount_minor,
        currency=currency,
    )
    return (use,)
