"""Plain accounts: those on which a payment needs no rule but holder, currency and balance.

Most accounts are plain most of the time: active, uncapped, with no hold and no restraint. For a
payment between two of them the rules of ``movements`` come down to three comparisons, and folding
it comes down to one sum. ``PlainAccount`` is that short form of the state; a property test proves
that it says what the full rules say.

Units: whole minor units of the account's currency. Sign: the customer's view.
"""

from __future__ import annotations

import msgspec

from kernel.accounts.movements import CAPPED
from kernel.accounts.state import AccountState, Status
from kernel.common.terms import AccountClass


class PlainAccount(msgspec.Struct, gc=False):
    """The running form of a plain account's state; ``ledger_minor`` changes as payments are made.

    ``floor_minor`` is how far the ledger balance may fall: zero, or minus the overdraft limit.
    ``entity`` is the account's name as events give it.
    """

    entity: str
    customer_id: str
    currency: str
    ledger_minor: int
    floor_minor: int


def plain(state: AccountState) -> PlainAccount | None:
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
    return PlainAccount(
        entity=f"account:{state.account_id}",
        customer_id=state.customer_id,
        currency=state.currency,
        ledger_minor=state.ledger_minor,
        floor_minor=-state.overdraft_limit_minor,
    )


def settled(state: AccountState, running: PlainAccount) -> AccountState:
    """The full state, with the balance that the running form came to."""
    if state.ledger_minor == running.ledger_minor:
        return state
    return msgspec.structs.replace(state, ledger_minor=running.ledger_minor)
