"""The fold of an account's interest: its opening and closing are events of the accounts' area."""

from __future__ import annotations

import msgspec

from kernel.accounts.events import AccountClosed, AccountOpened
from kernel.common.facts import Fact
from kernel.common.terms import AccountClass
from kernel.deposits import interest
from kernel.deposits.interest import InterestState

INITIAL = interest.INITIAL


def evolve(state: InterestState, fact: Fact) -> InterestState:
    """Fold one fact of an account."""
    match fact.event:
        case AccountOpened() as event:
            return InterestState(
                account_id=event.account_id,
                branch_id=event.branch_id,
                currency=event.currency,
                product_id=event.product_id,
                product_version=event.product_version,
                is_demand=event.account_class is not AccountClass.DEPOSIT,
                is_corporate=event.account_class is AccountClass.CORPORATE,
                opened_on=fact.value_date,
            )
        case AccountClosed():
            return msgspec.structs.replace(state, is_demand=False)
        case _:
            return interest.evolve(state, fact)
