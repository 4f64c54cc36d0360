"""The decisions about accounts: opening, life, holds and restraints.

Units: whole minor units. What must hold before money moves is in ``movements``.
Source: 银发〔2016〕261号, 银发〔2018〕16号 (opening); 银发〔2016〕86号 (emergency stop).
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.accounts.commands import (
    CaptureHold,
    ChangeBoundAccount,
    CloseAccount,
    MarkDormant,
    OpenAccount,
    PlaceHold,
    ReactivateAccount,
    ReleaseHold,
    SetOverdraftLimit,
)
from kernel.accounts.events import (
    AccountClosed,
    AccountMarkedDormant,
    AccountOpened,
    AccountReactivated,
    BoundAccountChanged,
    HoldCaptured,
    HoldPlaced,
    HoldReleased,
    OverdraftLimitSet,
)
from kernel.accounts.holdings import HoldingsState
from kernel.accounts.holds import Hold
from kernel.accounts.movements import CAPPED, is_capped, require_credit, require_debit, require_open
from kernel.accounts.policy import POLICY
from kernel.accounts.refusals import (
    AccountExists,
    AccountIsDormant,
    AccountNotDormant,
    AccountNotEmpty,
    AccountRestrained,
    BoundAccountNeeded,
    BoundAccountUnfit,
    ExpiryOutOfRange,
    HolderRestrained,
    HoldExists,
    HoldNotLive,
    HoldTooSmall,
    NotIdentifiedEnough,
    OverdraftInUse,
    OverdraftTooHigh,
    SameAccount,
    TooManyAccounts,
    WrongHolderKind,
)
from kernel.accounts.restraints import binding
from kernel.accounts.state import AccountState, Status
from kernel.common.moment import Moment
from kernel.common.people import CustomerKind, IdentificationLevel
from kernel.common.terms import AccountClass, CurrentAccountTerms

LEVEL_FLOOR = {
    AccountClass.I: IdentificationLevel.FACE_TO_FACE,
    AccountClass.II: IdentificationLevel.REMOTE_STRONG,
    AccountClass.III: IdentificationLevel.REMOTE_BASIC,
    AccountClass.CORPORATE: IdentificationLevel.FACE_TO_FACE,
}
"""The lowest identification that the regulation accepts; a product may ask for more."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What opening an account needs to know of the customer."""

    customer_id: str
    kind: CustomerKind
    level: IdentificationLevel
    is_restrained: bool


def open_account(
    command: OpenAccount,
    existing: AccountState,
    holder: Holder,
    holdings: HoldingsState,
    product_version: int,
    terms: CurrentAccountTerms,
    bound: AccountState | None,
    at: Moment,
) -> AccountOpened:
    """Open an account for a customer who may hold one of this class."""
    if existing.exists:
        raise AccountExists(account_id=command.account_id)
    if holder.is_restrained:
        raise HolderRestrained(customer_id=holder.customer_id)
    if holder.kind is not terms.holder_kind:
        raise WrongHolderKind(
            customer_id=holder.customer_id,
            customer_kind=holder.kind.value,
            product_kind=terms.holder_kind.value,
        )
    account_class = terms.account_class
    _require_identified(holder, account_class, terms)
    _require_room(holder, holdings, account_class, at)
    if account_class in CAPPED:
        if bound is not None:
            require_bindable(bound, command.bound_account_id or "", holder.customer_id)
        elif holder.level.rank < IdentificationLevel.FACE_TO_FACE.rank:
            raise BoundAccountNeeded(account_class=account_class.value)
    return AccountOpened(
        account_id=command.account_id,
        customer_id=command.customer_id,
        product_id=command.product_id,
        product_version=product_version,
        branch_id=command.branch_id,
        currency=terms.currency,
        account_class=account_class,
        posting_class=terms.posting_class,
        overdraft_max_minor=terms.overdraft_max_minor,
        bound_account_id=command.bound_account_id if account_class in CAPPED else None,
    )


def _require_identified(
    holder: Holder, account_class: AccountClass, terms: CurrentAccountTerms
) -> None:
    needed = max(LEVEL_FLOOR[account_class], terms.minimum_level, key=lambda level: level.rank)
    if holder.level.rank < needed.rank:
        raise NotIdentifiedEnough(
            customer_id=holder.customer_id, level=holder.level.value, needed_level=needed.value
        )


def _require_room(
    holder: Holder, holdings: HoldingsState, account_class: AccountClass, at: Moment
) -> None:
    """One account of class Ⅰ, and a few of the other classes, for a person at this bank."""
    if account_class is AccountClass.CORPORATE:
        return
    held = holdings.count(account_class)
    allowed = POLICY.value(f"account.{account_class}.count_max", at.booking_date)
    if held >= allowed:
        raise TooManyAccounts(
            customer_id=holder.customer_id,
            account_class=account_class.value,
            held_count=held,
            max_count=allowed,
        )


def require_bindable(bound: AccountState, bound_account_id: str, customer_id: str) -> None:
    """The account is an open class Ⅰ account of the same customer."""
    fit = bound.is_open and bound.account_class is AccountClass.I
    if not fit or bound.customer_id != customer_id:
        raise BoundAccountUnfit(bound_account_id=bound_account_id, customer_id=customer_id)


def close_account(command: CloseAccount, state: AccountState, at: Moment) -> AccountClosed:
    """Close an account that holds nothing, owes nothing and is under no restraint."""
    require_open(state, command.account_id)
    on = at.booking_date
    held_minor = state.held_minor(on)
    if state.ledger_minor != 0 or held_minor != 0:
        raise AccountNotEmpty(
            account_id=state.account_id, ledger_minor=state.ledger_minor, held_minor=held_minor
        )
    bound = binding(state.restraints, on)
    if bound:
        raise AccountRestrained(account_id=state.account_id, restraint_ids=", ".join(bound))
    return AccountClosed(
        account_id=state.account_id, customer_id=state.customer_id, reason=command.reason
    )


def mark_dormant(command: MarkDormant, state: AccountState) -> AccountMarkedDormant:
    """Put an active account to rest."""
    require_open(state, command.account_id)
    if state.status is Status.DORMANT:
        raise AccountIsDormant(account_id=state.account_id)
    return AccountMarkedDormant(account_id=state.account_id, reason=command.reason)


def reactivate_account(command: ReactivateAccount, state: AccountState) -> AccountReactivated:
    """Bring an account back that is dormant or limited to the counter."""
    require_open(state, command.account_id)
    if state.status is not Status.DORMANT and not state.counter_only:
        raise AccountNotDormant(account_id=state.account_id, status=state.status.value)
    return AccountReactivated(account_id=state.account_id, evidence_id=command.evidence_id)


def set_overdraft_limit(
    command: SetOverdraftLimit, state: AccountState, at: Moment
) -> OverdraftLimitSet:
    """Grant a limit within the product's bound and not below what is in use."""
    require_open(state, command.account_id)
    if command.limit_minor > state.overdraft_max_minor:
        raise OverdraftTooHigh(asked_minor=command.limit_minor, max_minor=state.overdraft_max_minor)
    needed_minor = state.overdraft_limit_minor - state.available_minor(at.booking_date)
    if command.limit_minor < min(needed_minor, state.overdraft_limit_minor):
        raise OverdraftInUse(asked_minor=command.limit_minor, needed_minor=needed_minor)
    return OverdraftLimitSet(account_id=state.account_id, limit_minor=command.limit_minor)


def change_bound_account(
    command: ChangeBoundAccount, state: AccountState, bound: AccountState
) -> BoundAccountChanged:
    """Bind a class Ⅱ or Ⅲ account to another class Ⅰ account of its holder."""
    require_open(state, command.account_id)
    if state.account_class not in CAPPED:
        raise BoundAccountUnfit(
            bound_account_id=command.bound_account_id, customer_id=state.customer_id
        )
    require_bindable(bound, command.bound_account_id, state.customer_id)
    return BoundAccountChanged(
        account_id=state.account_id,
        bound_account_id=command.bound_account_id,
        evidence_id=command.evidence_id,
    )


def require_expiry(expires_on: datetime.date, max_days: int, at: Moment) -> None:
    """The expiry lies after the booking date and not further than ``max_days`` ahead."""
    latest = at.booking_date + datetime.timedelta(days=max_days)
    if not at.booking_date < expires_on <= latest:
        raise ExpiryOutOfRange(
            expires_on=str(expires_on), on=str(at.booking_date), latest=str(latest)
        )


def place_hold(command: PlaceHold, state: AccountState, at: Moment) -> HoldPlaced:
    """Set available money aside."""
    require_open(state, command.account_id)
    if command.hold_id in state.holds:
        raise HoldExists(hold_id=command.hold_id, account_id=state.account_id)
    require_expiry(command.expires_on, POLICY.value("hold.max_days", at.booking_date), at)
    require_debit(state, command.amount_minor, command.currency, at, capped=False)
    return HoldPlaced(
        account_id=state.account_id,
        hold_id=command.hold_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        expires_on=command.expires_on,
        reason=command.reason,
    )


def require_live_hold(state: AccountState, hold_id: str, at: Moment) -> Hold:
    """The hold, which still binds something."""
    hold = state.holds.get(hold_id)
    if hold is None or hold.live_minor(at.booking_date) == 0:
        raise HoldNotLive(hold_id=hold_id, account_id=state.account_id, on=str(at.booking_date))
    return hold


def capture_hold(
    command: CaptureHold, state: AccountState, payee: AccountState, at: Moment
) -> HoldCaptured:
    """Pay all or a part of a hold to another account."""
    require_open(state, command.account_id)
    require_open(payee, command.payee_account_id)
    if command.account_id == command.payee_account_id:
        raise SameAccount(account_id=command.account_id)
    hold = require_live_hold(state, command.hold_id, at)
    if command.amount_minor > hold.left_minor:
        raise HoldTooSmall(
            hold_id=command.hold_id, asked_minor=command.amount_minor, left_minor=hold.left_minor
        )
    payer_capped = is_capped(state, payee, "")
    payee_capped = is_capped(payee, state, "")
    amount_minor, currency = command.amount_minor, state.currency
    require_debit(
        state, amount_minor, currency, at, capped=payer_capped, held_minor=hold.left_minor
    )
    require_credit(payee, amount_minor, currency, at, capped=payee_capped)
    return HoldCaptured(
        account_id=state.account_id,
        hold_id=command.hold_id,
        amount_minor=amount_minor,
        released_minor=hold.left_minor - amount_minor if command.release_rest else 0,
        currency=currency,
        payee_account_id=payee.account_id,
        payer_capped=payer_capped,
        payee_capped=payee_capped,
    )


def release_hold(command: ReleaseHold, state: AccountState, at: Moment) -> HoldReleased:
    """Let the rest of a hold go."""
    require_open(state, command.account_id)
    hold = require_live_hold(state, command.hold_id, at)
    return HoldReleased(
        account_id=state.account_id,
        hold_id=command.hold_id,
        amount_minor=hold.left_minor,
        reason=command.reason,
    )
