"""What can have happened to contracts and loans: stored, fields are added and never renamed.

By topic: ``contract_events`` from the application to the signature, ``money_events`` what moved
money, ``relief_events`` what changed terms or claims. ``docs/loan-engine.md`` tells what each does
to a loan.
"""

from __future__ import annotations

from kernel.loans.contract_events import (
    ContractEnded,
    ContractSigned,
    CreditApproved,
    CreditDeclined,
    Evidence,
    Guarantee,
    LoanApplied,
    LoanOffered,
    Share,
)
from kernel.loans.event_bases import MoneyOnLoan, OnContract, OnLoan, OnLoans, Stamp, parts_of
from kernel.loans.joint_events import (
    AssetTaken,
    FacilityRepaid,
    LoanEntriesReversed,
    PartnerSettled,
    PartnerShareSettled,
    Refinanced,
)
from kernel.loans.money_events import (
    ChargedBack,
    Drawn,
    LoanEntryReversed,
    LoanImported,
    PaidOff,
    Recovered,
    Refunded,
    Repaid,
)
from kernel.loans.relief_events import (
    ClaimWaived,
    DueDateMoved,
    LoanAccelerated,
    LoanExtended,
    LoanFeeCharged,
    LoanInterestPaused,
    LoanRateSet,
    LoanRestructured,
    LoanWrittenOff,
)
from kernel.loans.third_party_events import (
    InterestSubsidyClaimed,
    InterestSubsidySettled,
    LoanCompensated,
)

__all__ = [
    "AssetTaken",
    "ChargedBack",
    "ClaimWaived",
    "ContractEnded",
    "ContractSigned",
    "CreditApproved",
    "CreditDeclined",
    "Drawn",
    "DueDateMoved",
    "Evidence",
    "FacilityRepaid",
    "Guarantee",
    "InterestSubsidyClaimed",
    "InterestSubsidySettled",
    "LoanAccelerated",
    "LoanApplied",
    "LoanCompensated",
    "LoanEntriesReversed",
    "LoanEntryReversed",
    "LoanExtended",
    "LoanFeeCharged",
    "LoanImported",
    "LoanInterestPaused",
    "LoanOffered",
    "LoanRateSet",
    "LoanRestructured",
    "LoanWrittenOff",
    "MoneyOnLoan",
    "OnContract",
    "OnLoan",
    "OnLoans",
    "PaidOff",
    "PartnerSettled",
    "PartnerShareSettled",
    "Recovered",
    "Refinanced",
    "Refunded",
    "Repaid",
    "Share",
    "Stamp",
    "parts_of",
]
