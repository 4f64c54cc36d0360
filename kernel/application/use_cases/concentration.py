"""What a signature asks of the bank's capital: how much would hang on one borrower or group.

Units: whole minor units of the currency that the capital is told in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kernel.application.books import Books
from kernel.application.use_cases.limits import groups_of
from kernel.application.use_cases.pinned import product_of
from kernel.common.moment import Moment
from kernel.limits.concentration import Base, Concentration, require_concentration
from kernel.limits.concentration import require_partner_share as partner_share
from kernel.limits.joint import WHOLE_BP, JointLoan, joint_exposure_minor
from kernel.loans.borrowings import at_risk_minor, borrowers
from kernel.loans.contract_state import ContractState
from kernel.loans.events import ContractSigned

OF_ONE = (Concentration.BORROWER_LOANS, Concentration.CUSTOMER_EXPOSURE)
OF_A_GROUP = (Concentration.GROUP_CREDIT, Concentration.GROUP_EXPOSURE)
WHOLE_PPM = 1_000_000


def require_not_concentrated(
    signed: ContractSigned, contract: ContractState, books: Books, at: Moment
) -> None:
    """Each borrower, and each group that one belongs to, stays within the ratios of the day.

    Every borrower owes the whole; a group counts a loan once. Before the bank has said what its
    capital is there is nothing to measure against. Raises ConcentrationExceeded.
    """
    capital = books.capital().on(at.booking_date)
    if capital is None:
        return
    base = {Base.NET_CAPITAL: capital.net_capital_minor, Base.TIER_1: capital.tier_1_minor}
    who = borrowers(contract)
    members: list[tuple[tuple[str, ...], tuple[Concentration, ...]]]
    members = [((one,), OF_ONE) for one in who]
    members += [(books.group(one).customer_ids, OF_A_GROUP) for one in groups_of(who, books)]
    for counted, tests in members:
        minor = signed.amount_minor + exposure_minor(counted, books)
        for test in tests:
            require_concentration(test, minor, base[test.base], at.booking_date)


def exposure_minor(members: Collection[str], books: Books) -> int:
    """What all contracts of these customers together put at risk, each counted once."""
    return joint_exposure_minor(_joint_loans(members, books), members)


def _joint_loans(members: Collection[str], books: Books) -> Iterator[JointLoan]:
    named = dict.fromkeys(
        contract_id for one in members for contract_id in books.borrowings(one).contract_ids
    )
    for contract_id in named:
        contract = books.contract(contract_id)
        first, *others = borrowers(contract)
        revolving = product_of(contract, books).revolving
        yield JointLoan(
            loan_id=contract_id,
            exposure_minor=at_risk_minor(contract, revolving=revolving),
            share_bp={**dict.fromkeys(others, 0), first: WHOLE_BP},
        )


def require_partner_share(signed: ContractSigned, at: Moment) -> None:
    """The partner of a joint loan funds at least its share. Raises PartnerShareTooLow."""
    if signed.partner is not None:
        partner_minor = signed.amount_minor * signed.partner.share_ppm // WHOLE_PPM
        partner_share(partner_minor, signed.amount_minor, at.booking_date)
