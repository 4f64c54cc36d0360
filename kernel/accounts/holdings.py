"""What accounts a customer holds: folded from the accounts' events of the customer."""

from __future__ import annotations

import msgspec

from kernel.accounts.events import AccountClosed, AccountOpened
from kernel.common.facts import Fact
from kernel.common.terms import AccountClass


class HoldingsState(msgspec.Struct, frozen=True):
    """Open accounts of one customer: account id to class."""

    open_accounts: dict[str, AccountClass] = {}

    def count(self, account_class: AccountClass) -> int:
        """How many open accounts of the class."""
        return sum(held is account_class for held in self.open_accounts.values())


INITIAL = HoldingsState()


def evolve(state: HoldingsState, fact: Fact) -> HoldingsState:
    """Fold one fact; events other than opening and closing change nothing."""
    event = fact.event
    if isinstance(event, AccountOpened):
        return HoldingsState({**state.open_accounts, event.account_id: event.account_class})
    if isinstance(event, AccountClosed):
        left = {
            account_id: held
            for account_id, held in state.open_accounts.items()
            if account_id != event.account_id
        }
        return HoldingsState(left)
    return state
