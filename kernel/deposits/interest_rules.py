"""The decisions about interest of current accounts: settlement, agreements, closing.

Units: whole minor units, rates in ppm a year.
Source: 银发〔2005〕129号 (settled on the 20th, credited on the 21st; on closing to the day before
at the rate of the day); 人民币单位存款管理办法 (agreement deposits). There is no command that adds
interest by hand (手工补息 is forbidden since April 2024): only rates and movements make interest.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from kernel.common.day_count import shifted
from kernel.common.moment import Moment
from kernel.deposits.balance_days import settlement_days
from kernel.deposits.commands import RateLine, SetAgreement, SettleInterest
from kernel.deposits.events import AgreementSet, InterestSettled
from kernel.deposits.interest import (
    DAY,
    InterestState,
    corrections,
    open_periods,
    unsettled_minor,
)
from kernel.deposits.policy import POLICY, withheld_minor
from kernel.deposits.product import AgreementDepositProduct
from kernel.deposits.rates import RatesState, require_rate
from kernel.deposits.refusals import (
    AgreementOutOfRange,
    AlreadySettled,
    BelowMinimum,
    InterestNotSettled,
    NotADemandAccount,
    NotASettlementDay,
    NotCorporate,
    RateTooHigh,
)


def settle(
    command: SettleInterest,
    state: InterestState,
    demand_rates: Mapping[datetime.date, int],
    at: Moment,
) -> InterestSettled:
    """Credit what was earned to the end of the day, and by difference what changed before it."""
    require_demand(state, command.account_id)
    on, last = at.booking_date, command.settled_on
    if command.closing:
        is_right = last == on - DAY
    else:
        is_right = last <= on and settlement_days(last, last) == [last]
    if not is_right:
        raise NotASettlementDay(account_id=state.account_id, settled_on=str(last), on=str(on))
    if state.settled_to is not None and last < state.settled_to:
        raise AlreadySettled(account_id=state.account_id, settled_on=str(state.settled_to - DAY))
    rate_day = on if command.closing else last
    periods = open_periods(state, last, demand_rates, rate_day)
    owed_minor = unsettled_minor(state, last, demand_rates, rate_day)
    interest_minor = max(owed_minor, -max(state.balance_minor, 0))
    return InterestSettled(
        account_id=state.account_id,
        branch_id=state.branch_id,
        currency=state.currency,
        settled_on=last,
        periods=periods,
        corrections=corrections(state),
        interest_minor=interest_minor,
        tax_minor=withheld_minor(max(interest_minor, 0), on),
        carried_minor=owed_minor - interest_minor,
    )


def require_demand(state: InterestState, account_id: str) -> None:
    """Interest of the account is worked out by balance-days."""
    if not state.is_demand:
        raise NotADemandAccount(account_id=account_id)


def require_settled(
    state: InterestState, demand_rates: Mapping[datetime.date, int], at: Moment
) -> None:
    """Nothing is owed to the holder of a current account that is to be closed."""
    if not state.is_demand:
        return
    on = at.booking_date
    owed_minor = unsettled_minor(state, on - DAY, demand_rates, on)
    if owed_minor > 0:
        raise InterestNotSettled(account_id=state.account_id, unsettled_minor=owed_minor)


def set_agreement(
    command: SetAgreement,
    state: InterestState,
    product: AgreementDepositProduct,
    product_version: int,
    rates: RatesState,
    at: Moment,
) -> AgreementSet:
    """Agree from today on; a new agreement takes the place of the one before."""
    require_demand(state, command.account_id)
    if not state.is_corporate:
        raise NotCorporate(account_id=state.account_id)
    if command.base_minor < product.minimum_base_minor:
        raise BelowMinimum(asked_minor=command.base_minor, minimum_minor=product.minimum_base_minor)
    on, rate_ppm = at.booking_date, command.annual_rate_ppm
    if rate_ppm is None:
        rate_ppm = require_rate(rates, RateLine.AGREEMENT, 0, on)
    if rate_ppm > product.rate_max_ppm:
        raise RateTooHigh(asked_ppm=rate_ppm, max_ppm=product.rate_max_ppm)
    months = min(product.months_max, POLICY.value("agreement.months_max", on))
    latest = datetime.date.fromordinal(shifted(on.toordinal(), months))
    if not on < command.until <= latest:
        raise AgreementOutOfRange(until=str(command.until), on=str(on), latest=str(latest))
    return AgreementSet(
        account_id=state.account_id,
        product_id=command.product_id,
        product_version=product_version,
        base_minor=command.base_minor,
        annual_rate_ppm=rate_ppm,
        from_date=on,
        until=command.until,
    )
