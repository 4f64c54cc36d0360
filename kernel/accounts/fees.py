"""Fees of accounts: what the bank takes for a service, named by what it is for.

A fee is taken out of money that is free: what is held or frozen stays, and an account whose debits
are stopped pays none. It is no movement of its holder, so it counts on no cap. It is a payment, and
is taken back as one (``payments.reversal``).

Units: whole minor units, the value added tax included.
Source: 商业银行服务价格管理办法 (银监会、发展改革委令2014年第1号): prices are named and known.
"""

from __future__ import annotations

from kernel.accounts.commands import ChargeAccountFee
from kernel.accounts.events import AccountFeeCharged
from kernel.accounts.movements import require_debit, require_open
from kernel.accounts.state import AccountState
from kernel.common.moment import Moment


def charge_fee(
    command: ChargeAccountFee, state: AccountState, tax_minor: int, at: Moment
) -> AccountFeeCharged:
    """Take the fee, of which ``tax_minor`` is tax."""
    require_open(state, command.account_id)
    require_debit(state, command.amount_minor, state.currency, at, capped=False)
    return AccountFeeCharged(
        account_id=state.account_id,
        branch_id=state.branch_id,
        currency=state.currency,
        amount_minor=command.amount_minor,
        tax_minor=tax_minor,
        name=command.name,
    )
