"""What the fold takes: everything that happened to a loan, by value date.

The only input of the fold beside the terms. A stored event (``kernel.loans.events``) says its
dated form itself; a scenario file holds dated forms alone.

Units: whole minor units, rates in ppm a year. ``sequence`` is the order of recording; it breaks
ties and nothing else. An event takes effect at the start of its value date, after what falls due
on that day. ``docs/loan-engine.md`` tells each kind as a story.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import msgspec

from kernel.common.fields import Id
from kernel.loans.terms import PrepaymentInterest, PrepaymentOption

Amount = Annotated[int, msgspec.Meta(ge=1, le=10**15)]
Zero = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
Rate = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Spread = Annotated[int, msgspec.Meta(ge=-10_000_000, le=10_000_000)]
Number = Annotated[int, msgspec.Meta(ge=1, le=3660)]


class LoanEvent(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """The base: an id that a reversal names, the value date, the order of recording."""

    value_date: datetime.date
    event_id: Id = "unnamed"
    sequence: Annotated[int, msgspec.Meta(ge=0)] = 0


class Disbursement(LoanEvent, frozen=True, tag="disbursement"):
    """Money lent (放款); several are tranches. Without any, all of it on the start date."""

    amount_minor: Amount


class Repayment(LoanEvent, frozen=True, tag="repayment"):
    """Money received (还款): first what is due, by the waterfall.

    ``mode`` in_advance: the rest prepays by ``option`` and ``interest`` (the terms' when absent).
    auto and on_request: the rest is held for the next instalments (progressive: recalculates,
    revolving: lowers the balance). ``guarantor_id`` is who paid what was overdue as guarantor.
    """

    amount_minor: Amount
    mode: Literal["auto", "on_request", "in_advance"] = "on_request"
    option: PrepaymentOption | None = None
    interest: PrepaymentInterest | None = None
    guarantor_id: Id | None = None


class SubsidyClaimed(LoanEvent, frozen=True, tag="subsidy_claimed"):
    """A fiscal office owes interest for the debtor (财政贴息): it pays interest that is due, oldest
    first, and nothing else; the rest is held."""

    amount_minor: Amount


class SubsidySettled(LoanEvent, frozen=True, tag="subsidy_settled"):
    """The fiscal office paid what was claimed; it is nothing to the debtor."""

    amount_minor: Amount


class FullPrepayment(LoanEvent, frozen=True, tag="full_prepayment"):
    """Everything is paid back (提前结清): the payoff of the day, or ``amount_minor`` towards it."""

    amount_minor: Amount | None = None


class FeeCharged(LoanEvent, frozen=True, tag="fee_charged"):
    """A fee due with the current instalment."""

    amount_minor: Amount


class FeeWaived(LoanEvent, frozen=True, tag="fee_waived"):
    """Fees forgiven, oldest first; all that are due when no amount is given."""

    amount_minor: Amount | None = None


class InterestWaived(LoanEvent, frozen=True, tag="interest_waived"):
    """Interest forgiven: what is due, oldest first, then what has accrued."""

    amount_minor: Amount | None = None


class PenaltyWaived(LoanEvent, frozen=True, tag="penalty_waived"):
    """Penalty and compound interest forgiven, oldest first."""

    amount_minor: Amount | None = None


class RateSet(LoanEvent, frozen=True, tag="rate_set"):
    """A new contract rate: given, or an index (LPR) with its spread.

    ``applies`` from the day, or from the next period.
    """

    annual_rate_ppm: Rate | None = None
    index_rate_ppm: Rate | None = None
    spread_ppm: Spread = 0
    applies: Literal["from_day", "next_period"] = "from_day"

    @property
    def rate_ppb(self) -> int:
        """The rate that it sets; an index below its spread gives no rate below zero."""
        if self.annual_rate_ppm is not None:
            return self.annual_rate_ppm * 1000
        return max(0, (self.index_rate_ppm or 0) + self.spread_ppm) * 1000


class InterestPause(LoanEvent, frozen=True, tag="interest_pause"):
    """No interest from the value date to ``until``, both included; the instalment stays."""

    until: datetime.date


class DueDateChange(LoanEvent, frozen=True, tag="due_date_change"):
    """The next instalment falls due on ``next_due_date``, the later ones in rhythm after it."""

    next_due_date: datetime.date


class Extension(LoanEvent, frozen=True, tag="extension"):
    """More instalments (展期); what is not yet due is spread over all that remain."""

    instalments: Number


class Restructuring(LoanEvent, frozen=True, tag="restructuring"):
    """New terms from a day (重组): all principal, overdue too, is scheduled anew.

    What stays ``None`` stays as it was. ``capitalise`` adds interest, penalty, compound interest
    and fees that are due or accrued to the principal.
    """

    instalments: Number
    first_due_date: datetime.date
    annual_rate_ppm: Rate | None = None
    method: Literal["equal_instalment", "equal_principal", "interest_first", "bullet"] | None = None
    capitalise: bool = False


class Acceleration(LoanEvent, frozen=True, tag="acceleration"):
    """All principal and accrued interest fall due on the value date (加速到期)."""


class Chargeback(LoanEvent, frozen=True, tag="chargeback"):
    """A payment went back: the amount is principal again, due with the current instalment."""

    amount_minor: Amount


class WriteOff(LoanEvent, frozen=True, tag="write_off"):
    """The bank takes the loan out of its books (核销); the claim lives on in the memo ledger."""


class Recovery(LoanEvent, frozen=True, tag="recovery"):
    """Money received after the write-off (核销后收回)."""

    amount_minor: Amount


class Refund(LoanEvent, frozen=True, tag="refund"):
    """Money owed to the customer was paid out."""

    amount_minor: Amount


class ImportedArrears(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unpaid instalment of a running loan that is taken over."""

    due_date: datetime.date
    principal_minor: Zero = 0
    interest_minor: Zero = 0
    fee_minor: Zero = 0
    penalty_minor: Zero = 0
    compound_minor: Zero = 0


class Import(LoanEvent, frozen=True, tag="import"):
    """A running loan is taken over (存量导入) as it stands on the value date.

    ``normal_principal_minor`` is not yet due; ``next_number`` is the next instalment of the terms;
    ``accrued_interest_minor`` has accrued and is not yet due.
    """

    normal_principal_minor: Zero
    next_number: Number
    principal_repaid_minor: Zero = 0
    accrued_interest_minor: Zero = 0
    instalment_minor: Amount | None = None
    arrears: tuple[ImportedArrears, ...] = ()


class Reversal(LoanEvent, frozen=True, tag="reversal"):
    """Undoes the event named, as if it had never been; a reversal can be reversed."""

    reverses: Id


AnyLoanEvent = (
    Disbursement | Repayment | SubsidyClaimed | SubsidySettled | FullPrepayment | FeeCharged
    | FeeWaived | InterestWaived | PenaltyWaived | RateSet | InterestPause | DueDateChange
    | Extension | Restructuring | Acceleration | Chargeback | WriteOff | Recovery | Refund
    | Import | Reversal
)  # fmt: skip

_KINDS: tuple[type[LoanEvent], ...] = (
    Import, Reversal, RateSet, InterestPause, DueDateChange, Extension, Restructuring,
    Disbursement, FeeCharged, Chargeback, FeeWaived, InterestWaived, PenaltyWaived,
    SubsidyClaimed, SubsidySettled, Repayment, FullPrepayment, Acceleration, WriteOff, Recovery,
    Refund,
)  # fmt: skip
RANK = {kind: rank for rank, kind in enumerate(_KINDS)}
"""The order of events of one value date: terms first, then money out, relief, money in, the end."""


def in_order(events: tuple[LoanEvent, ...]) -> list[LoanEvent]:
    """The events that count, by value date, kind and sequence; arrival plays no part.

    An event named by a reversal that itself stands is left out, and so are the reversals.
    """
    gone: set[str] = set()
    for event in sorted(events, key=lambda each: each.sequence, reverse=True):
        if isinstance(event, Reversal) and event.event_id not in gone:
            gone.add(event.reverses)
    standing = [e for e in events if e.event_id not in gone and not isinstance(e, Reversal)]
    return sorted(standing, key=lambda e: (e.value_date, RANK[type(e)], e.sequence, e.event_id))
