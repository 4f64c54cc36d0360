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

import msgspec

from kernel.bookkeeping.joint_loans import partners_parts
from kernel.bookkeeping.loan_beside import Beside, beside_of
from kernel.bookkeeping.loan_fees import unearned_part
from kernel.bookkeeping.loan_figures import Figures, Minor, figures_by_fold, figures_of, least
from kernel.bookkeeping.loan_policy import LOAN_POLICY
from kernel.bookkeeping.loan_subjects import ALLOWANCE, PRINCIPAL, AmountType
from kernel.bookkeeping.loan_unwinding import unwound
from kernel.bookkeeping.vat import tax_in
from kernel.common.policy import PolicyTable
from kernel.common.rounding import rounded
from kernel.loans.colending import partner_part_minor, partner_position_minor
from kernel.loans.standing import Recognised, Standing, Status
from kernel.loans.state import LoanState, standing_of

MILLION = 1_000_000
Cumulative = dict[AmountType, int]


class BookedLoan(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative amounts of a loan on a day; ``is_open`` while days alone may still change them."""

    amounts: Cumulative
    is_open: bool


def books_of(
    state: LoanState,
    as_of: datetime.date,
    *,
    allowance_minor: int = 0,
    stands: Standing | None = None,
    policy: PolicyTable = LOAN_POLICY,
) -> BookedLoan:
    """What the books should show for the loan at the end of a day, types of zero left out.

    ``stands`` is how it stands then, where that is known already; only a taxed or a joint loan
    needs its coming instalments. ``allowance_minor`` is what was measured last: a loan that was
    written off has none. Raises whatever the fold raises for a loan that it cannot fold: a defect.
    """
    beside = beside_of(state, as_of, allowance_minor, policy)
    found: Figures | None = None
    if stands is None and not beside.vat_ppm and beside.partner is None:
        found = figures_by_fold(state, as_of)
    if found is None:
        stands = stands or standing_of(state, as_of)
        found = figures_of(stands)
    amounts = amounts_of(found, beside, stands)
    held = sum(amounts[kind] for kind in ALLOWANCE)
    is_over = found.is_over and not found.unapplied_minor  # money held pays a fee on its due day
    comes = any(each.event.value_date > as_of for each in state.counted)
    return BookedLoan(
        amounts={kind: minor for kind, minor in amounts.items() if minor},
        is_open=comes or not is_over or bool(held),
    )


def amounts_of(
    found: Figures, beside: Beside, stands: Standing | None = None
) -> dict[AmountType, Minor]:
    """The amounts of a loan by its figures, or of many where figures and ``beside`` are arrays.

    ``stands`` is needed of a joint or taxed loan, and of one with a line of the start itself.
    ``PARTNER`` is what the partner's share came to, less what legs of events said of it.
    """
    whole = _whole(found, beside)
    parts: Cumulative = {}
    position = 0
    if stands is not None and beside.partner is not None:
        position = partner_position_minor(stands, beside.partner)
        over = bool(is_written_off(found.recognised))
        parts = partners_parts(whole, stands, beside.partner, is_written_off=over)
    amounts = {kind: minor - parts.get(kind, 0) for kind, minor in whole.items()}
    amounts[AmountType.PARTNER] = position - beside.partner_minor
    if stands is not None:
        if beside.vat_ppm:
            _tax(amounts, stands, beside)
        _spread(amounts, stands, beside)
    made = amounts[AmountType.ALLOWANCE_USED]
    made = made + beside.allowance_minor * (1 - is_written_off(found.recognised))
    unwinding = 0 * made
    if beside.is_unwinding:
        unwinding = unwound(found, beside.allowance_minor, beside.partner_ppm)
    made = made + unwinding
    amounts[AmountType.IMPAIRMENT_LOSS] = made
    amounts[AmountType.ALLOWANCE_MADE] = -made
    amounts[AmountType.ALLOWANCE_UNWOUND] = unwinding
    amounts[AmountType.UNWOUND_INCOME] = -unwinding
    back = -amounts[AmountType.RECOVERED]
    amounts[AmountType.CLAIM_BACK], amounts[AmountType.CLAIM_PAID] = back, -back
    amounts[AmountType.ALLOWANCE_BACK], amounts[AmountType.ALLOWANCE_FREED] = -back, back
    amounts[AmountType.HELD] = beside.ahead_minor - found.unapplied_minor
    amounts[AmountType.SETTLEMENT] = beside.partner_minor - beside.cash_out_minor
    amounts[AmountType.UNEXPLAINED] = -sum(amounts.values())
    return amounts | _memo(found, beside, sum(parts.get(kind, 0) for kind in PRINCIPAL))


def _whole(found: Figures, beside: Beside) -> dict[AmountType, Minor]:
    """Claims on the books, income and what a write-off did, the partner's part included."""
    booked, over = found.recognised, beside.taken_over
    on = booked.on_balance
    accrued = least(found.accrued_interest_minor, on.interest_minor)
    overdue = least(found.overdue_minor, on.principal_minor)
    sound, earned = 1 - found.is_impaired, booked.earned
    return {
        AmountType.NORMAL_PRINCIPAL: (on.principal_minor - overdue) * sound,
        AmountType.OVERDUE_PRINCIPAL: overdue * sound,
        AmountType.IMPAIRED_PRINCIPAL: on.principal_minor * found.is_impaired,
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


def _memo(found: Figures, beside: Beside, partners_minor: Minor) -> dict[AmountType, Minor]:
    """Claims outside the books, in the memo accounts against their contra.

    ``partners_minor`` is the partner's part of the principal that is on the books.
    """
    booked, off = found.recognised, found.recognised.off_balance

    def own(minor: Minor) -> Minor:
        share = beside.partner_ppm
        return minor - partner_part_minor(minor, share) if share else minor

    gone = is_written_off(booked)
    stays = 1 - gone
    accrued = least(found.accrued_interest_minor, off.interest_minor)
    memo = {
        AmountType.PARTNER_PRINCIPAL: partners_minor
        + off.principal_minor
        - own(off.principal_minor),
        AmountType.WRITTEN_OFF_PRINCIPAL: own(off.principal_minor) * gone,
        AmountType.WRITTEN_OFF_INTEREST: own(off.total_minor - off.principal_minor) * gone,
        AmountType.OFF_ACCRUED_INTEREST: own(accrued) * stays,
        AmountType.OFF_RECEIVABLE_INTEREST: own(off.interest_minor - accrued) * stays,
        AmountType.OFF_PENALTY: own(off.penalty_minor) * stays,
        AmountType.OFF_COMPOUND: own(off.compound_minor) * stays,
    }
    memo[AmountType.MEMO_CONTRA] = -sum(memo.values())
    return memo


def is_written_off(booked: Recognised) -> Minor:
    """Whether the loan left the books, also when all of it was recovered since: 0 or 1."""
    written_off, off = booked.written_off.total_minor, booked.off_balance.principal_minor
    return 1 * ((written_off != 0) | (booked.lent_since_minor != 0) | (off != 0))


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


def _interest_obliged(found: Standing, beside: Beside) -> int:
    """Interest on which tax is due: what fell due while the loan accrued, then what was paid."""
    stops = found.status is Status.NON_ACCRUAL or is_written_off(found.recognised)
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
    """Fees and interest taken at the start are earned over the life of the loan."""
    first = [line for line in found.instalments if line.number == 0]
    if not found.recognised.on_balance.principal_minor:
        return
    for line in first:
        part, whole = unearned_part(found, line, beside.margin)
        share = MILLION - beside.partner_ppm
        for kind, gross in (
            (AmountType.FEE_INCOME, line.paid.fee_minor),
            (AmountType.INTEREST_INCOME, rounded(line.paid.interest_minor * share, MILLION)),
        ):
            net = gross - (tax_in(gross, beside.vat_ppm) if beside.vat_ppm else 0)
            later = rounded(net * part, whole)
            amounts[kind] += later
            amounts[AmountType.UNEARNED] = amounts.get(AmountType.UNEARNED, 0) - later
