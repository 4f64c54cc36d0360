"""The decisions on pledges and on what follows a shortfall: pledge, release, call, sell.

Units: whole minor units; ``*_bp`` basis points.
Source: Civil Code arts 394 to 424; 银监发〔2017〕16号 (action on a fall in value).
"""

from __future__ import annotations

from collections.abc import Mapping

from kernel.collateral.commands import (
    CloseMarginCall,
    LiquidateCollateral,
    PerfectPledge,
    PledgeCollateral,
    PledgeCommand,
    RaiseMarginCall,
    ReleasePledge,
)
from kernel.collateral.coverage import LoanCover
from kernel.collateral.events import (
    CollateralLiquidated,
    CollateralPledged,
    MarginCallClosed,
    MarginCallRaised,
    PledgePerfected,
    PledgeReleased,
)
from kernel.collateral.lending_value import binds
from kernel.collateral.margin import CoverageStatus, Cure, coverage_status
from kernel.collateral.refusals import (
    CollateralCurrencyMismatch,
    CoverageShort,
    EarlierRankFirst,
    MarginCallOpen,
    NoMarginCall,
    NotInDefault,
    PledgeExists,
    PledgeNotFound,
    PledgePerfectedAlready,
    StillCovered,
)
from kernel.collateral.rules import require_item
from kernel.collateral.state import ItemState, PledgeHeld, SecurityState
from kernel.collateral.valuation import require_term_within_land_contract
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput
from kernel.common.rounding import Rounding, rounded

WHOLE_BP = 10_000


def require_cover(contract_id: str, cover: LoanCover, needed_bp: int) -> None:
    """Cover and spare reach so much of the exposure."""
    needed = rounded(cover.exposure_minor * needed_bp, WHOLE_BP, Rounding.UP)
    reached = cover.covered_minor + cover.spare_minor
    if reached < needed:
        raise CoverageShort(
            contract_id=contract_id,
            exposure_minor=cover.exposure_minor,
            needed_minor=needed,
            needed_bp=needed_bp,
            reached_minor=reached,
        )


def require_land_for_term(state: ItemState, term_months: int, at: Moment) -> None:
    """A land management right outlasts what it secures."""
    if state.land_right is not None:
        ends_on = state.land_right.contract_ends_on
        require_term_within_land_contract(term_months, at.booking_date, ends_on)


def pledge_collateral(
    command: PledgeCollateral, state: ItemState, currency: str, term_months: int, at: Moment
) -> CollateralPledged:
    """An item secures a contract of that currency and term."""
    require_item(state, command.item_id)
    if state.pledge(command.contract_id, command.rank) is not None:
        raise PledgeExists(
            item_id=command.item_id, contract_id=command.contract_id, rank=command.rank
        )
    if state.currency != currency:
        raise CollateralCurrencyMismatch(
            collateral_currency=state.currency, claim_currency=currency
        )
    require_land_for_term(state, term_months, at)
    if command.registered_on is not None and command.registered_on > at.booking_date:
        raise InvalidInput(("registered_on", "lies in the future"))
    return CollateralPledged(
        item_id=command.item_id,
        contract_id=command.contract_id,
        rank=command.rank,
        maximum_amount_minor=command.maximum_amount_minor,
        registered_on=command.registered_on,
        registration_number=command.registration_number,
    )


def require_pledge(command: PledgeCommand, state: ItemState) -> PledgeHeld:
    """The pledge that a command is about, which stands."""
    require_item(state, command.item_id)
    held = state.pledge(command.contract_id, command.rank)
    if held is None:
        raise PledgeNotFound(
            item_id=command.item_id, contract_id=command.contract_id, rank=command.rank
        )
    return held


def perfect_pledge(command: PerfectPledge, state: ItemState, at: Moment) -> PledgePerfected:
    """The register took the pledge; once."""
    held = require_pledge(command, state)
    if held.registered_on is not None:
        raise PledgePerfectedAlready(
            item_id=command.item_id,
            contract_id=command.contract_id,
            registered_on=str(held.registered_on),
        )
    if command.registered_on > at.booking_date:
        raise InvalidInput(("registered_on", "lies in the future"))
    return PledgePerfected(
        item_id=command.item_id,
        contract_id=command.contract_id,
        rank=command.rank,
        registered_on=command.registered_on,
        registration_number=command.registration_number,
    )


def release_pledge(
    command: ReleasePledge, state: ItemState, without: LoanCover, needed_bp: int
) -> PledgeReleased:
    """Let a pledge go if the contract is covered ``without`` it, or owes nothing."""
    require_pledge(command, state)
    require_cover(command.contract_id, without, needed_bp)
    return PledgeReleased(
        item_id=command.item_id,
        contract_id=command.contract_id,
        rank=command.rank,
        reason=command.reason,
    )


def raise_margin_call(
    command: RaiseMarginCall,
    state: SecurityState,
    cover: LoanCover,
    cure: Cure | None,
    at: Moment,
) -> MarginCallRaised:
    """Ask for cover while the contract is below the threshold of a call; one call at a time."""
    if state.call_due_on is not None:
        raise MarginCallOpen(contract_id=command.contract_id, due_on=str(state.call_due_on))
    if command.due_on <= at.booking_date:
        raise InvalidInput(("due_on", "must lie behind the booking date"))
    if cure is None or coverage_status(cover, at.booking_date) is not CoverageStatus.CALL:
        raise StillCovered(
            contract_id=command.contract_id,
            exposure_minor=cover.exposure_minor,
            reached_minor=cover.covered_minor + cover.spare_minor,
        )
    return MarginCallRaised(
        contract_id=command.contract_id,
        due_on=command.due_on,
        exposure_minor=cover.exposure_minor,
        covered_minor=cover.covered_minor,
        add_lendable_minor=cure.add_lendable_minor,
        repay_minor=cure.repay_minor,
    )


def close_margin_call(
    command: CloseMarginCall, state: SecurityState, cover: LoanCover, needed_bp: int
) -> MarginCallClosed:
    """The contract is covered again, or owes nothing more."""
    if state.call_due_on is None:
        raise NoMarginCall(contract_id=command.contract_id)
    require_cover(command.contract_id, cover, needed_bp)
    return MarginCallClosed(
        contract_id=command.contract_id,
        exposure_minor=cover.exposure_minor,
        covered_minor=cover.covered_minor,
        reason=command.reason,
    )


def require_default(
    loan_id: str, contract_id: str, security: SecurityState, days_past_due: int, at: Moment
) -> None:
    """The loan is overdue, or a call went unanswered past its day."""
    due_on = security.call_due_on
    if not days_past_due and (due_on is None or at.booking_date < due_on):
        raise NotInDefault(loan_id=loan_id, contract_id=contract_id, on=str(at.booking_date))


def require_turn(state: ItemState, contract_id: str, owed_minor: Mapping[str, int]) -> PledgeHeld:
    """The first pledge of the contract on an item, if no other claim comes before it.

    ``owed_minor`` by contract. Registered pledges come first, then by rank; equal ranks share, so
    neither waits for the other. Raises PledgeNotFound, EarlierRankFirst.
    """
    standing = sorted((each for each in state.pledges if binds(state, each)), key=_order)
    own = next((each for each in standing if each.contract_id == contract_id), None)
    if own is None:
        raise PledgeNotFound(item_id=state.item_id, contract_id=contract_id, rank=0)
    for each in standing:
        if _order(each) < _order(own) and owed_minor[each.contract_id]:
            raise EarlierRankFirst(
                item_id=state.item_id,
                contract_id=each.contract_id,
                rank=each.rank,
                owed_minor=owed_minor[each.contract_id],
            )
    return own


def _order(pledge: PledgeHeld) -> tuple[bool, int]:
    return pledge.registered_on is None, pledge.rank


def for_the_loan_minor(
    proceeds_minor: int, state: ItemState, pledge: PledgeHeld, payoff_minor: int
) -> int:
    """What of the proceeds repays the loan: after prior claims, up to maximum and payoff."""
    left = max(0, proceeds_minor - sum(state.prior_claims.values()))
    if pledge.maximum_amount_minor is not None:
        left = min(left, pledge.maximum_amount_minor)
    return min(left, payoff_minor)


def liquidate_collateral(
    command: LiquidateCollateral, state: ItemState, contract_id: str, repaid_minor: int
) -> CollateralLiquidated:
    """The item was sold; every pledge on it ends."""
    prior_minor = sum(state.prior_claims.values())
    return CollateralLiquidated(
        item_id=command.item_id,
        contract_id=contract_id,
        loan_id=command.loan_id,
        proceeds_minor=command.proceeds_minor,
        prior_claims_minor=min(prior_minor, command.proceeds_minor),
        repaid_minor=repaid_minor,
        account_id=command.account_id,
        buyer=command.buyer,
        contract_ids=tuple(dict.fromkeys(each.contract_id for each in state.pledges)),
    )
