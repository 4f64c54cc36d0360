"""What is due on an account or a deposit at the close of a day: asked of their states, pure.

The close gives each answer as a command whose id is made of ``key``, so a second run, or a run by
another process, gives the same answers and moves nothing twice.
"""

from __future__ import annotations

import datetime

import msgspec

from kernel.deposits.balance_days import settlement_days
from kernel.deposits.commands import (
    AtMaturity,
    DemandCommand,
    DepositCommand,
    MatureDeposit,
    RolloverTermDeposit,
    SettleInterest,
)
from kernel.deposits.interest import InterestState
from kernel.deposits.policy import POLICY
from kernel.deposits.state import DepositKind, DepositState, DepositStatus
from kernel.deposits.term_rules import ROLLS


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is due, and the key that makes it happen once."""

    key: str
    command: DepositCommand | DemandCommand


def interest_due(state: InterestState, on: datetime.date) -> Due | None:
    """The settlement of the last settlement day up to ``on``, if it is not done.

    It covers quarters that were left out, each at its own rate. Nothing is due on an account that
    had no balance, nor when the day is gone for longer than a value date may go back.
    """
    if not state.is_demand:
        return None
    last = next(iter(reversed(settlement_days(state.open_from, on))), None)
    if last is None or not (state.moves or state.opening_minor or state.carried_minor):
        return None
    if (on - last).days > POLICY.value("deposit.back_value_days", on):
        return None
    return Due(
        key=f"SettleInterest:{state.account_id}@{last}",
        command=SettleInterest(account_id=state.account_id, settled_on=last),
    )


def maturity_due(state: DepositState, on: datetime.date) -> Due | None:
    """The payout or the rollover of a term deposit whose day has come.

    When it could not be done for longer than a value date may go back, the deposit stays until its
    holder withdraws.
    """
    if state.status is not DepositStatus.OPEN or state.kind is not DepositKind.TERM:
        return None
    days = (on - state.matures_on).days
    if not 0 <= days <= POLICY.value("deposit.back_value_days", on):
        return None
    day, deposit_id = state.matures_on, state.deposit_id
    if state.at_maturity is AtMaturity.PAY_OUT:
        command: MatureDeposit | RolloverTermDeposit = MatureDeposit(
            deposit_id=deposit_id, matured_on=day
        )
    elif state.at_maturity in ROLLS:
        command = RolloverTermDeposit(deposit_id=deposit_id, matured_on=day)
    else:
        return None
    return Due(key=f"{type(command).__name__}:{deposit_id}@{day}", command=command)
