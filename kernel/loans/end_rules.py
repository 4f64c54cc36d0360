"""The decisions at the end of a loan: all due, written off, recovered, refunded, paid in kind.

Units: whole minor units.
Source: Civil Code art. 673 (acceleration); 财金〔2017〕90号 (write-off, the claim is kept);
财金〔2005〕53号 (assets taken for debt).
"""

from __future__ import annotations

from kernel.common.legs import InternalAccount, internal
from kernel.common.moment import Moment
from kernel.loans import dated
from kernel.loans.event_bases import is_the_loans_own
from kernel.loans.events import (
    AssetTaken,
    ChargedBack,
    LoanAccelerated,
    LoanWrittenOff,
    OnLoan,
    Recovered,
    Refunded,
    Repaid,
)
from kernel.loans.money_commands import (
    ChargeBackRepayment,
    ReceiveLoanPayment,
    RecordRecovery,
    RefundOverpayment,
    TakeForeclosedAsset,
)
from kernel.loans.policy import POLICY
from kernel.loans.refusals import LoanNotWrittenOff, NothingOwed, PaymentExceedsDebt
from kernel.loans.relief_commands import AccelerateLoan, WriteOffLoan
from kernel.loans.rules import require_entry
from kernel.loans.running_refusals import (
    ChargeBackTooLarge,
    NotARepayment,
    NotBadEnough,
    NothingToRefund,
)
from kernel.loans.shared_rules import (
    change_fields,
    money_fields,
    require_effect,
    require_loan,
    require_on_the_books_on,
    require_since_start,
    with_changes,
)
from kernel.loans.standing import Status
from kernel.loans.state import LoanState, standing_of

_REPAYMENTS = (dated.Repayment, dated.FullPrepayment)


def accelerate(command: AccelerateLoan, state: LoanState, at: Moment) -> OnLoan:
    """Everything is due today."""
    require_on_the_books_on(state, at)
    accelerated = LoanAccelerated(**change_fields(state), reason=command.reason)
    require_effect(accelerated, state, at)
    return with_changes(accelerated, state, at)


def write_off(command: WriteOffLoan, state: LoanState, at: Moment) -> OnLoan:
    """Take a loan out of the books that is long enough in arrears; the claim lives on."""
    found = require_on_the_books_on(state, at)
    needed = POLICY.value("write_off.min_days_past_due", at.booking_date)
    if found.days_past_due < needed:
        raise NotBadEnough(loan_id=state.loan_id, days_past_due=found.days_past_due, needed=needed)
    return with_changes(
        LoanWrittenOff(**change_fields(state), approval=command.approval), state, at
    )


def receive(command: ReceiveLoanPayment, state: LoanState, at: Moment) -> OnLoan:
    """Money from outside is taken whole, whatever the loan can take of it; the rest is unapplied.

    On a loan written off it is a recovery.
    """
    require_loan(state, command.loan_id)
    require_since_start(state, at.value_date)
    clearing = internal(InternalAccount.CLEARING, state.branch_id)
    fields = money_fields(state, clearing, command.amount_minor)
    if standing_of(state, at.value_date).status is Status.WRITTEN_OFF:
        return with_changes(Recovered(**fields, reference=command.reference), state, at)
    received = Repaid(
        **fields,
        mode=command.mode.value.lower(),  # type: ignore[arg-type]  # the stored word
        reference=command.reference,
    )
    return with_changes(received, state, at)


def recover(command: RecordRecovery, state: LoanState, at: Moment) -> Recovered:
    """Money on a claim that left the books; out of an account never more than the claim."""
    require_loan(state, command.loan_id)
    require_since_start(state, at.value_date)
    found = standing_of(state, at.value_date)
    if found.status is not Status.WRITTEN_OFF:
        raise LoanNotWrittenOff(loan_id=state.loan_id)
    if command.account_id is not None and command.amount_minor > found.payoff_minor:
        raise PaymentExceedsDebt(
            loan_id=state.loan_id,
            asked_minor=command.amount_minor,
            payoff_minor=found.payoff_minor,
        )
    source = command.account_id or internal(InternalAccount.CLEARING, state.branch_id)
    recovered = Recovered(
        **money_fields(state, source, command.amount_minor), reference=command.reference
    )
    return with_changes(recovered, state, at)


def refund(command: RefundOverpayment, state: LoanState, account_id: str, at: Moment) -> Refunded:
    """Pay back what is unapplied, on the value date and still today."""
    require_loan(state, command.loan_id)
    require_since_start(state, at.value_date)
    days = {at.value_date, max(at.booking_date, at.value_date)}
    available = min(standing_of(state, day).unapplied_minor for day in days)
    if command.amount_minor > available:
        raise NothingToRefund(
            loan_id=state.loan_id, asked_minor=command.amount_minor, available_minor=available
        )
    refunded = Refunded(**money_fields(state, account_id, command.amount_minor))
    return with_changes(refunded, state, at)


def charge_back(command: ChargeBackRepayment, state: LoanState, at: Moment) -> ChargedBack:
    """Send a repayment, or a part of it, back to where it came from: it is owed again.

    What a guarantor paid is taken back whole, as an entry.
    """
    require_on_the_books_on(state, at)
    entry = require_entry(state, command.position)
    sources = [leg.account for leg in entry.legs if not is_the_loans_own(leg)]
    event = entry.event
    is_borrowers = not isinstance(event, dated.Repayment) or event.guarantor_id is None
    if not sources or not is_borrowers or not isinstance(event, _REPAYMENTS):
        raise NotARepayment(loan_id=state.loan_id, position=command.position)
    gone = sum(
        each.event.amount_minor
        for each in state.counted
        if isinstance(each.event, dated.Chargeback) and each.about_position == command.position
    )
    left = (event.amount_minor or 0) - gone
    amount = command.amount_minor or left
    if not 0 < amount <= left:
        raise ChargeBackTooLarge(
            position=command.position, asked_minor=amount, available_minor=left
        )
    charged = ChargedBack(
        **money_fields(state, sources[0], amount),
        repaid_position=command.position,
        reason=command.reason,
    )
    return with_changes(charged, state, at)


def take_asset(command: TakeForeclosedAsset, state: LoanState, at: Moment) -> AssetTaken:
    """An asset at fair value pays the loan; what it is worth beyond the debt is unapplied."""
    require_loan(state, command.loan_id)
    require_since_start(state, at.value_date)
    if not standing_of(state, at.value_date).payoff_minor:
        raise NothingOwed(loan_id=state.loan_id, on=str(at.value_date))
    assets = internal(InternalAccount.FORECLOSED, state.branch_id)
    taken = AssetTaken(
        **money_fields(state, assets, command.fair_value_minor),
        asset=command.asset,
        approval=command.approval,
    )
    return with_changes(taken, state, at)
