"""The decisions about restraints: who may place, renew and lift which, and for how long.

Source: 银发〔2016〕86号 (emergency stop: 48 hours, at most twice on one account); Civil Procedure
Law and police procedure (only the authority that froze releases; terms).
"""

from __future__ import annotations

import datetime

from kernel.accounts.commands import (
    LiftRestraint,
    PlaceRestraint,
    RenewRestraint,
    RestraintKind,
)
from kernel.accounts.events import RestraintLifted, RestraintPlaced, RestraintRenewed
from kernel.accounts.movements import require_open
from kernel.accounts.policy import POLICY
from kernel.accounts.refusals import (
    FourEyesOnBankHold,
    OtherAuthority,
    RestraintExists,
    RestraintNotFound,
    RestraintNotRenewable,
    TooManyEmergencyStops,
)
from kernel.accounts.restraints import FREEZES, Restraint, binding
from kernel.accounts.rules import require_expiry
from kernel.accounts.state import AccountState
from kernel.common.moment import Moment


def place_restraint(command: PlaceRestraint, state: AccountState, at: Moment) -> RestraintPlaced:
    """Restrain an account; emergency stops have their own term, freezes a longest one."""
    require_open(state, command.account_id)
    if command.restraint_id in state.restraints:
        raise RestraintExists(restraint_id=command.restraint_id, account_id=state.account_id)
    return RestraintPlaced(
        account_id=state.account_id,
        restraint_id=command.restraint_id,
        kind=command.kind,
        authority=command.authority,
        notice_number=command.notice_number,
        direction=command.direction,
        amount_minor=command.amount_minor,
        placed_on=at.booking_date,
        expires_on=_expiry(command, state, at),
        placed_by=at.principal,
    )


def _expiry(command: PlaceRestraint, state: AccountState, at: Moment) -> datetime.date | None:
    """The first day that the restraint no longer binds, as the law allows for its kind."""
    on = at.booking_date
    if command.kind is RestraintKind.EMERGENCY_STOP:
        stops = sum(one.kind is command.kind for one in state.restraints.values())
        allowed = POLICY.value("restraint.EMERGENCY_STOP.count_max", on)
        if stops >= allowed:
            raise TooManyEmergencyStops(account_id=state.account_id, count=stops, max_count=allowed)
        return on + datetime.timedelta(days=POLICY.value("restraint.EMERGENCY_STOP.days", on))
    if command.kind in FREEZES:
        longest = POLICY.value("restraint.JUDICIAL_FREEZE.max_days", on)
        expires_on = command.expires_on or on + datetime.timedelta(days=longest)
        require_expiry(expires_on, longest, at)
        return expires_on
    if command.expires_on is not None:
        require_expiry(command.expires_on, 36_500, at)
    return command.expires_on


def _require_known(state: AccountState, restraint_id: str, at: Moment) -> Restraint:
    """The restraint, which binds or still waits in the queue."""
    one = state.restraints.get(restraint_id)
    waits = one is not None and one.kind is RestraintKind.QUEUED_FREEZE and one.lifted_on is None
    if one is None or not (waits or restraint_id in binding(state.restraints, at.booking_date)):
        raise RestraintNotFound(restraint_id=restraint_id, account_id=state.account_id)
    return one


def renew_restraint(command: RenewRestraint, state: AccountState, at: Moment) -> RestraintRenewed:
    """Prolong a freeze before it ends, each time at most by the longest term."""
    require_open(state, command.account_id)
    one = _require_known(state, command.restraint_id, at)
    if one.kind not in FREEZES:
        raise RestraintNotRenewable(restraint_id=command.restraint_id, kind=one.kind.value)
    longest = POLICY.value("restraint.JUDICIAL_FREEZE.max_days", at.booking_date)
    require_expiry(command.expires_on, longest, at)
    return RestraintRenewed(
        account_id=state.account_id,
        restraint_id=command.restraint_id,
        notice_number=command.notice_number,
        expires_on=command.expires_on,
    )


def lift_restraint(command: LiftRestraint, state: AccountState, at: Moment) -> RestraintLifted:
    """End a restraint: a freeze by its own authority, a bank hold by a second person."""
    require_open(state, command.account_id)
    one = _require_known(state, command.restraint_id, at)
    if one.kind is RestraintKind.BANK_HOLD:
        if one.placed_by == at.principal:
            raise FourEyesOnBankHold(principal=at.principal, restraint_id=command.restraint_id)
    elif one.kind is not RestraintKind.LOSS_REPORT and one.authority != command.authority:
        raise OtherAuthority(
            restraint_id=command.restraint_id,
            placed_authority=one.authority,
            asked_authority=command.authority,
        )
    return RestraintLifted(
        account_id=state.account_id,
        restraint_id=command.restraint_id,
        authority=command.authority,
        reason=command.reason,
    )
