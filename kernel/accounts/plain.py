"""Plain accounts: those on which a payment needs no rule but holder, currency and balance.

Most accounts are plain most of the time: active, uncapped, with no hold and no restraint. For a
payment between two of them the rules of ``movements`` come down to three comparisons, and folding
it comes down to one sum. A ``Level`` is that short form of the state: the ledger balance above its
floor (zero, or minus the overdraft limit), of its customer, in its currency. A property test proves
that it says what the full rules say.

Units: whole minor units of the account's currency. Sign: the customer's view.
"""

from __future__ import annotations

import msgspec

from cython_ext.levels import Level, LevelPlain
from kernel.accounts.movements import CAPPED
from kernel.accounts.state import AccountState, Status
from kernel.common.terms import AccountClass


def plain(state: AccountState) -> LevelPlain | None:
    """The running form, or None for an account that needs the full rules.

    >>> plain(AccountState(account_id="A-1")) is None
    True
    """
    if (
        state.status is not Status.ACTIVE
        or state.account_class in CAPPED
        or state.account_class is AccountClass.DEPOSIT
        or state.counter_only
        or state.holds
        or state.restraints
    ):
        return None
    try:
        return Level(
            state.customer_id,
            state.currency,
            state.ledger_minor,
            -state.overdraft_limit_minor,
        )
    except OverflowError:
        return None


def settled(state: AccountState, running: LevelPlain) -> AccountState:
    """The full state, with the balance that the running form came to."""
    if state.ledger_minor == running.level:
        return state
    return msgspec.structs.replace(state, ledger_minor=running.level)
