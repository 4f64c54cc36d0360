"""What the books should show for a loan: its standing as cumulative amounts per amount type.

Nothing here knows what was posted before; a journal is the difference of two such answers
(``loan_journal``). All types but the memo ones sum to zero, the settlement account with them: what
a standing cannot explain of the money that moved is ``UNEXPLAINED``, and alarms. Of a joint loan
the bank has what ``kernel.loans.colending`` leaves to it.

Units: whole minor units of the loan's currency. Sign: debit positive.
Source: CAS 22 (impairment, write-off, recovery); 财会〔2018〕36号; 财税〔2016〕36号 (VAT).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from kernel.bookkeeping.joint_loans import partners_parts
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.bookkeeping.loan_subjects import MEMO, PRINCIPAL, AmountType
from kernel.common.policy import PolicyTable
from kernel.common.rounding import rounded
from kernel.loans.colending import partner_part_minor, partner_position_minor
from kernel.loans.dated import Disbursement, FullPrepayment, Import
from kernel.loans.event_bases import is_the_loans_own
from kernel.loans.events import Share
from kernel.loans.fold import standing
from kernel.loans.standing import Amounts, Recognised, Standing, Status
from kernel.loans.state import Entry, LoanState, standing_of
from kernel.loans.terms import LoanTerms

MILLION = 1_000_000
Cumulative = dict[AmountType, int]
_NOTHING = Amounts()


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What the books need to know of a loan beside its standing.

    ``cash_out_minor`` is the money that ever left for the borrower less what came in, the partner's
    part included; ``ahead_minor`` the part of it that is dated after the day. ``partner_minor`` is
    what events said of the partner's share so far (``LoanState``). ``taken_over`` came onto the
    books from another system. ``allowance_minor`` is the loss allowance of the last measurement.
    """

    cash_out_minor: int = 0
    ahead_minor: int = 0
    taken_over: Amounts = _NOTHING
    partner: Share | None = None
    partner_minor: int = 0
    allowance_minor: int = 0
    vat_ppm: int = 0
    non_accrual_days: int = 90

    @property
    def partner_ppm(self) -> int:
        """The partner's share."""
        return 0 if self.partner is None else self.partner.share_ppm


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the books need of a standing, where neither tax nor money taken at the start matters."""

    status: Status
    overdue_minor: int
    accrued_interest_minor: int
    unapplied_minor: int
    recognised: Recognised
    allowance_minor: int | None = None


Shown = Standing | Figures
Measure = Callable[[LoanState, Standing], int]
"""Measures the allowance of a loan on its standing."""


class BookedLoan(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative amounts of a loan on a day; ``is_open`` while days alone may still change them."""

    amounts: Cumulative
    is_open: bool


def books_of(
    state: LoanState,
    as_of: datetime.date,
    *,
    figures: Figures | None = None,
    allowance_minor: int = 0,
    measure: Measure | None = None,
    policy: PolicyTable = LOAN_POLICY,
) -> BookedLoan:
    """What the books should show for the loan at the end of a day, types of zero left out.

    ``figures`` of that day save the fold, where they are known; a taxed or a joint loan is folded
    anyway, and one whose allowance they do not know. ``measure`` goes before ``allowance_minor``.
    Raises whatever the fold raises for a loan that it cannot fold: a defect.
    """
    counted = state.counted
    beside = _beside(state, counted, as_of, allowance_minor, policy)
    comes = any(each.event.value_date > as_of for each in counted)
    found: Any = None if beside.vat_ppm or beside.partner is not None else figures
    if found is None or (measure is not None and found.allowance_minor is None):
        found = standing_of(state, as_of)
    if measure is not None:
        known = found.allowance_minor if isinstance(found, Figures) else measure(state, found)
        beside = msgspec.structs.replace(beside, allowance_minor=known)
    is_over = found.status in (Status.SETTLED, Status.NOT_DISBURSED)
    is_over = is_over and not found.unapplied_minor  # money held pays a fee on its due day
    return BookedLoan(amounts=cumulative(found, beside), is_open=comes or not is_over)


def _beside(
    state: LoanState,
    counted: tuple[Entry, ...],
    as_of: datetime.date,
    allowance_minor: int,
    policy: PolicyTable,
) -> Beside:
    until = [each.event for each in counted if each.event.value_date <= as_of]
    ahead = [each for each in counted if each.event.value_date > as_of]
    imports = [event for event in until if isinstance(event, Import)]
    terms = state.loan_terms
    on = terms.start_date
    is_taxed = policy.value("vat.enabled", on)
    return Beside(
        cash_out_minor=sum(_cash_out(each) for each in counted),
        ahead_minor=sum(_cash_out(each) for each in ahead),
        taken_over=_taken_over(terms, imports[0]) if imports else _NOTHING,
        partner=state.partner,
        partner_minor=state.partner_minor,
        allowance_minor=allowance_minor,
        vat_ppm=policy.value("vat.rate_ppm", on) if is_taxed else 0,
        non_accrual_days=terms.non_accrual_days,
    )


def _cash_out(entry: Entry) -> int:
    """Money that the entry took out of the loan for others than the partner, out positive.

    A loan that is paid out of another has no leg outside: the money is what the event says.
    """
    outside = [leg.amount_minor for leg in entry.legs if not is_the_loans_own(leg)]
    if outside or not entry.with_loans:
        return -sum(outside)
    if isinstance(entry.event, Disbursement):
        return entry.event.amount_minor
    paid = entry.event.amount_minor if isinstance(entry.event, FullPrepayment) else 0
    return -(paid or 0)


@lru_cache(maxsize=10_000)
def _taken_over(terms: LoanTerms, event: Import) -> Amounts:
    """What the import brought onto the books; interest of a loan in non-accrual is outside them."""
    found = standing(terms, (event,), event.value_date, by_events_alone=True)
    return found.recognised.on_balance


def cumulative(found: Shown, beside: Beside) -> Cumulative:
    """The amounts of a standing, types of zero left out.

    ``PARTNER`` is what the partner's share came to, less what legs of events said of it.
    """
    whole = _whole(found, beside)
    parts: Cumulative = {}
    position = 0
    if isinstance(found, Standing):
        position = partner_position_minor(found, beside.partner)
        if beside.partner is not None:
            over = is_written_off(found)
            parts = partners_parts(whole, found, beside.partner, is_written_off=over)
    amounts = {kind: minor - parts.get(kind, 0) for kind, minor in whole.items()}
    amounts[AmountType.PARTNER] = position - beside.partner_minor
    if isinstance(found, Standing):
        if beside.vat_ppm:
            _tax(amounts, found, beside)
        _spread(amounts, found, beside)
    used = amounts[AmountType.ALLOWANCE_USED]
    amounts[AmountType.IMPAIRMENT_LOSS] = beside.allowance_minor + used
    amounts[AmountType.ALLOWANCE_MADE] = -(beside.allowance_minor + used)
    amounts[AmountType.HELD] = -found.unapplied_minor
    amounts.update(_memo(found, beside, sum(parts.get(kind, 0) for kind in PRINCIPAL)))
    return _complete(amounts, beside)


def _whole(found: Shown, beside: Beside) -> Cumulative:
    """Claims on the books, income and what a write-off did, the partner's part included."""
    booked, over = found.recognised, beside.taken_over
    on = booked.on_balance
    accrued = min(found.accrued_interest_minor, on.interest_minor)
    overdue = min(found.overdue_minor, on.principal_minor)
    impaired = on.principal_minor if found.status is Status.NON_ACCRUAL else 0
    earned = booked.earned
    return {
        AmountType.NORMAL_PRINCIPAL: 0 if impaired else on.principal_minor - overdue,
        AmountType.OVERDUE_PRINCIPAL: 0 if impaired else overdue,
        AmountType.IMPAIRED_PRINCIPAL: impaired,
        AmountType.ACCRUED_INTEREST: accrued,
        AmountType.RECEIVABLE_INTEREST: on.interest_minor - accrued,
        AmountType.PENALTY: on.penalty_minor,
        AmountType.COMPOUND: on.compound_minor,
        AmountType.FEE: on.fee_minor,
        AmountType.INTEREST_INCOME: over.interest_minor - earned.interest_minor,
        AmountType.PENALTY_INCOME: over.penalty_minor - earned.penalty_minor,
        AmountType.COMPOUND_INCOME: over.compound_minor - earned.compound_minor,
        AmountType.FEE_INCOME: over.fee_minor - earned.fee_minor,
        AmountType.TAKEN_OVER: -over.total_minor,
        AmountType.ALLOWANCE_USED: booked.written_off.total_minor + booked.lent_since_minor,
        AmountType.RECOVERED: -booked.received_since_minor,
    }


def _memo(found: Shown, beside: Beside, partners_minor: int) -> Cumulative:
    """Claims outside the books, in the memo accounts against their contra.

    ``partners_minor`` is the partner's part of the principal that is on the books.
    """
    off = found.recognised.off_balance

    def own(minor: int) -> int:
        return minor - partner_part_minor(minor, beside.partner_ppm)

    gone = off.principal_minor - own(off.principal_minor)
    memo = {AmountType.PARTNER_PRINCIPAL: partners_minor + gone}
    if is_written_off(found):
        memo[AmountType.WRITTEN_OFF_PRINCIPAL] = own(off.principal_minor)
        memo[AmountType.WRITTEN_OFF_INTEREST] = own(off.total_minor - off.principal_minor)
    else:
        accrued = min(found.accrued_interest_minor, off.interest_minor)
        memo[AmountType.OFF_ACCRUED_INTEREST] = own(accrued)
        memo[AmountType.OFF_RECEIVABLE_INTEREST] = own(off.interest_minor - accrued)
        memo[AmountType.OFF_PENALTY] = own(off.penalty_minor)
        memo[AmountType.OFF_COMPOUND] = own(off.compound_minor)
    memo[AmountType.MEMO_CONTRA] = -sum(memo.values())
    return memo


def is_written_off(found: Shown) -> bool:
    """Whether the loan left the books, also when all of it was recovered since."""
    booked = found.recognised
    return bool(
        booked.written_off.total_minor
        or booked.lent_since_minor
        or booked.off_balance.principal_minor
    )


def _tax(amounts: Cumulative, found: Standing, beside: Beside) -> None:
    """Take the tax out of income: due where the obligation has come, deferred where not yet.

    The tax of interest that fell due while the loan accrued stays due when the interest is
    reversed; what falls due later is taxed on money received.
    """
    share = MILLION - beside.partner_ppm
    received = found.recognised
    obliged = {
        AmountType.INTEREST_INCOME: rounded(_interest_obliged(found, beside) * share, MILLION),
        AmountType.PENALTY_INCOME: rounded(received.penalty_received_minor * share, MILLION),
        AmountType.COMPOUND_INCOME: rounded(received.compound_received_minor * share, MILLION),
        AmountType.FEE_INCOME: -amounts[AmountType.FEE_INCOME],
    }
    for kind, base in obliged.items():
        due = tax_in(max(0, base), beside.vat_ppm)
        deferred = max(0, tax_in(-amounts[kind], beside.vat_ppm) - due)
        amounts[kind] += due + deferred
        for tax, minor in ((AmountType.OUTPUT_VAT, due), (AmountType.DEFERRED_VAT, deferred)):
            amounts[tax] = amounts.get(tax, 0) - minor


def tax_in(gross_minor: int, vat_ppm: int) -> int:
    """The tax in a price that holds it: gross less gross ÷ (1 + rate), half up.

    >>> tax_in(10_600, 60_000), tax_in(0, 60_000)
    (600, 0)
    """
    return gross_minor - rounded(gross_minor * MILLION, MILLION + vat_ppm)


def _interest_obliged(found: Standing, beside: Beside) -> int:
    """Interest on which tax is due: what fell due while the loan accrued, then what was paid."""
    stops = found.status is Status.NON_ACCRUAL or is_written_off(found)
    last = datetime.date.max
    if stops and found.past_due_since is not None:
        last = found.past_due_since + datetime.timedelta(days=beside.non_accrual_days)
    total = 0
    for line in found.instalments:
        paid = line.paid.interest_minor
        if line.is_due and line.due_date <= last:
            total += max(paid, line.interest_minor - line.waived.interest_minor)
        else:
            total += paid
    return total - beside.taken_over.interest_minor


def _spread(amounts: Cumulative, found: Standing, beside: Beside) -> None:
    """Fees and interest taken at the start are earned over the days of the loan, evenly."""
    first = [line for line in found.instalments if line.number == 0]
    on_books = found.recognised.on_balance.principal_minor
    if not first or not on_books:
        return
    last = max(line.due_date for line in found.instalments)
    for line in first:
        days, left = (last - line.from_date).days, (last - found.as_of).days
        if days <= 0 or left <= 0:
            continue
        share = MILLION - beside.partner_ppm
        for kind, gross in (
            (AmountType.FEE_INCOME, line.paid.fee_minor),
            (AmountType.INTEREST_INCOME, rounded(line.paid.interest_minor * share, MILLION)),
        ):
            net = gross - (tax_in(gross, beside.vat_ppm) if beside.vat_ppm else 0)
            later = rounded(net * min(left, days), days)
            amounts[kind] += later
            amounts[AmountType.UNEARNED] = amounts.get(AmountType.UNEARNED, 0) - later


def _complete(amounts: Cumulative, beside: Beside) -> Cumulative:
    """With money dated ahead and the settlement account; zeros left out."""
    amounts[AmountType.HELD] = amounts.get(AmountType.HELD, 0) + beside.ahead_minor
    amounts[AmountType.SETTLEMENT] = beside.partner_minor - beside.cash_out_minor
    rest = sum(minor for kind, minor in amounts.items() if kind not in MEMO)
    amounts[AmountType.UNEXPLAINED] = -rest
    return {kind: minor for kind, minor in amounts.items() if minor}
