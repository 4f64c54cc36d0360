"""Restraints: what binds on which day, and who may lift it.

Source: 银发〔2016〕86号 (emergency stop); Civil Procedure Law (freezes, queued freezes).
"""

from __future__ import annotations

import datetime

import msgspec
import pytest

from kernel.accounts.commands import (
    LiftRestraint,
    PlaceRestraint,
    RestraintDirection,
    RestraintKind,
)
from kernel.accounts.movements import require_credit, require_debit
from kernel.accounts.restraint_rules import lift_restraint, place_restraint
from kernel.accounts.restraints import binding
from kernel.accounts.state import AccountState, Status, evolve
from tests.support.given import DAY, fact, moment, refused

ACCOUNT = AccountState(
    account_id="A", status=Status.ACTIVE, customer_id="C", currency="CNY", ledger_minor=1_000
)
FREEZE, QUEUED = RestraintKind.JUDICIAL_FREEZE, RestraintKind.QUEUED_FREEZE


def days(number: int) -> datetime.date:
    """So many days from today."""
    return DAY + datetime.timedelta(days=number)


def asked(
    kind: RestraintKind,
    restraint_id: str = "R",
    amount_minor: int | None = None,
    expires_on: datetime.date | None = None,
) -> PlaceRestraint:
    """A restraint of debits, by a court."""
    return PlaceRestraint(
        account_id="A",
        restraint_id=restraint_id,
        kind=kind,
        authority="Court 1",
        notice_number="2026-1",
        direction=RestraintDirection.DEBIT,
        amount_minor=amount_minor,
        expires_on=expires_on,
    )


def under(*commands: PlaceRestraint, by: str = "teller") -> AccountState:
    """The account after the restraints were placed."""
    state = ACCOUNT
    for position, command in enumerate(commands, 1):
        placed = place_restraint(command, state, moment(by=by))
        state = evolve(state, fact(placed, position, by=by))
    return state


def lift(restraint_id: str = "R", authority: str = "Court 1") -> LiftRestraint:
    """A lift."""
    return LiftRestraint(
        account_id="A", restraint_id=restraint_id, authority=authority, reason="over"
    )


def test_an_amount_frozen_is_not_available_and_captures_later_credits() -> None:
    """A freeze of 3,000 on 1,000: nothing is available until more than 3,000 came in."""
    state = under(asked(FREEZE, amount_minor=3_000, expires_on=days(30)))
    assert state.available_minor(DAY) == -2_000
    require_credit(state, 5_000, "CNY", moment(), capped=False)
    richer = msgspec.structs.replace(state, ledger_minor=6_000)
    assert richer.available_minor(DAY) == 3_000
    assert richer.available_minor(days(30)) == 6_000


def test_a_frozen_account_takes_money_in_and_gives_none_out() -> None:
    """只收不付: credits pass, debits do not, until the day of expiry."""
    state = under(asked(FREEZE, expires_on=days(10)))

    def debit(on: datetime.date) -> None:
        require_debit(state, 1, "CNY", moment(on), capped=False)

    refused("DEBIT_RESTRAINED", debit, days(9))
    debit(days(10))


def test_queued_freezes_bind_in_turn() -> None:
    """The second begins when the first ends, with its full term; lifting the first starts it."""
    state = under(asked(FREEZE, "F", expires_on=days(10)), asked(QUEUED, "Q", expires_on=days(20)))
    assert list(binding(state.restraints, days(9))) == ["F"]
    assert list(binding(state.restraints, days(10))) == ["Q"]
    assert list(binding(state.restraints, days(29))) == ["Q"]
    assert list(binding(state.restraints, days(30))) == []
    lifted = evolve(state, fact(lift_restraint(lift("F"), state, moment()), 9))
    assert list(binding(lifted.restraints, DAY)) == ["Q"]


def test_an_emergency_stop_lasts_two_days_and_comes_twice() -> None:
    """48 hours, and a third one is refused."""
    stop = RestraintKind.EMERGENCY_STOP
    state = under(asked(stop, "S1"), asked(stop, "S2"))
    assert list(binding(state.restraints, days(1))) == ["S1", "S2"]
    assert list(binding(state.restraints, days(2))) == []
    refused("TOO_MANY_EMERGENCY_STOPS", place_restraint, asked(stop, "S3"), state, moment())


@pytest.mark.parametrize(("days_ahead", "is_allowed"), [(366, True), (367, False), (0, False)])
def test_a_freeze_lasts_a_year_at_most(days_ahead: int, is_allowed: bool) -> None:
    """The term of one act is bounded, and not in the past."""
    command = asked(FREEZE, expires_on=days(days_ahead))
    if is_allowed:
        assert place_restraint(command, ACCOUNT, moment()).expires_on == days(days_ahead)
    else:
        refused("EXPIRY_OUT_OF_RANGE", place_restraint, command, ACCOUNT, moment())


def test_only_its_own_authority_lifts_a_freeze() -> None:
    """Another authority is refused; what was lifted is not lifted again."""
    state = under(asked(FREEZE, expires_on=days(10)))
    refused("OTHER_AUTHORITY", lift_restraint, lift(authority="Court 2"), state, moment())
    after = evolve(state, fact(lift_restraint(lift(), state, moment()), 9))
    refused("RESTRAINT_NOT_FOUND", lift_restraint, lift(), after, moment())


def test_a_bank_hold_is_lifted_by_a_second_person() -> None:
    """Four eyes: the setter may not, another one may."""
    state = under(asked(RestraintKind.BANK_HOLD), by="teller")
    refused("FOUR_EYES", lift_restraint, lift(), state, moment(by="teller"))
    lift_restraint(lift(), state, moment(by="manager"))
