"""Every stored name and the class that is read under it: a contract that is only ever added to.

A name is never derived from a class, so a class can be renamed without touching what is stored.
"""

from __future__ import annotations

from kernel.accounts import events as accounts
from kernel.business_date import events as business_date
from kernel.collateral import events as collateral
from kernel.common.facts import Event
from kernel.customers import events as customers
from kernel.deposits import events as deposits
from kernel.eventstore.codec import Codec
from kernel.eventstore.upcasters import UPCASTERS
from kernel.grading import events as grading
from kernel.limits import events as limits
from kernel.loans import events as loans
from kernel.payments import events as payments
from kernel.products import events as products
from kernel.rates import events as rates

CATALOGUE: dict[str, type[Event]] = {
    "accounts.AccountOpened.v1": accounts.AccountOpened,
    "accounts.AccountClosed.v1": accounts.AccountClosed,
    "accounts.AccountMarkedDormant.v1": accounts.AccountMarkedDormant,
    "accounts.AccountLimitedToCounter.v1": accounts.AccountLimitedToCounter,
    "accounts.DormancyNoticeGiven.v1": accounts.DormancyNoticeGiven,
    "accounts.MovedToLongSuspense.v1": accounts.MovedToLongSuspense,
    "accounts.LongSuspenseClaimed.v1": accounts.LongSuspenseClaimed,
    "accounts.AccountFeeCharged.v1": accounts.AccountFeeCharged,
    "accounts.AccountReactivated.v1": accounts.AccountReactivated,
    "accounts.OverdraftLimitSet.v1": accounts.OverdraftLimitSet,
    "accounts.BoundAccountChanged.v1": accounts.BoundAccountChanged,
    "accounts.HoldPlaced.v1": accounts.HoldPlaced,
    "accounts.HoldCaptured.v1": accounts.HoldCaptured,
    "accounts.HoldReleased.v1": accounts.HoldReleased,
    "accounts.RestraintPlaced.v1": accounts.RestraintPlaced,
    "accounts.RestraintRenewed.v1": accounts.RestraintRenewed,
    "accounts.RestraintLifted.v1": accounts.RestraintLifted,
    "business_date.BusinessDateOpened.v1": business_date.BusinessDateOpened,
    "business_date.BusinessDateAdvanced.v1": business_date.BusinessDateAdvanced,
    "collateral.CollateralRegistered.v1": collateral.CollateralRegistered,
    "collateral.CollateralValued.v1": collateral.CollateralValued,
    "collateral.CollateralRevalued.v1": collateral.CollateralRevalued,
    "collateral.PriceIndexPublished.v1": collateral.PriceIndexPublished,
    "collateral.PriorClaimSet.v1": collateral.PriorClaimSet,
    "collateral.InsuranceRecorded.v1": collateral.InsuranceRecorded,
    "collateral.CustodyRecorded.v1": collateral.CustodyRecorded,
    "collateral.CollateralPledged.v1": collateral.CollateralPledged,
    "collateral.PledgePerfected.v1": collateral.PledgePerfected,
    "collateral.PledgeReleased.v1": collateral.PledgeReleased,
    "collateral.MarginCallRaised.v1": collateral.MarginCallRaised,
    "collateral.MarginCallClosed.v1": collateral.MarginCallClosed,
    "collateral.CollateralLiquidated.v1": collateral.CollateralLiquidated,
    "business_date.DaySealed.v1": business_date.DaySealed,
    "customers.CustomerRegistered.v1": customers.CustomerRegistered,
    "customers.CustomerIdentified.v1": customers.CustomerIdentified,
    "customers.CustomerUpdated.v1": customers.CustomerUpdated,
    "customers.CustomersRelated.v1": customers.CustomersRelated,
    "customers.RelationEnded.v1": customers.RelationEnded,
    "customers.CustomerRestrained.v1": customers.CustomerRestrained,
    "customers.CustomerRestraintLifted.v1": customers.CustomerRestraintLifted,
    "customers.CustomersMerged.v1": customers.CustomersMerged,
    "grading.GradeFloorSet.v1": grading.GradeFloorSet,
    "grading.GradeFloorLiftAsked.v1": grading.GradeFloorLiftAsked,
    "grading.GradeFloorLifted.v1": grading.GradeFloorLifted,
    "limits.LimitOpened.v1": limits.LimitOpened,
    "limits.LimitAdjusted.v1": limits.LimitAdjusted,
    "limits.LimitFrozen.v1": limits.LimitFrozen,
    "limits.LimitUnfrozen.v1": limits.LimitUnfrozen,
    "limits.LimitClosed.v1": limits.LimitClosed,
    "limits.GroupMembersSet.v1": limits.GroupMembersSet,
    "limits.CapitalSet.v1": limits.CapitalSet,
    "deposits.DepositRatePublished.v1": deposits.DepositRatePublished,
    "deposits.TermDepositOpened.v1": deposits.TermDepositOpened,
    "deposits.TermDepositWithdrawn.v1": deposits.TermDepositWithdrawn,
    "deposits.TermDepositMatured.v1": deposits.TermDepositMatured,
    "deposits.TermDepositRolledOver.v1": deposits.TermDepositRolledOver,
    "deposits.NoticeDepositOpened.v1": deposits.NoticeDepositOpened,
    "deposits.NoticeGiven.v1": deposits.NoticeGiven,
    "deposits.NoticeCancelled.v1": deposits.NoticeCancelled,
    "deposits.NoticeDepositWithdrawn.v1": deposits.NoticeDepositWithdrawn,
    "deposits.InterestSettled.v1": deposits.InterestSettled,
    "deposits.AgreementSet.v1": deposits.AgreementSet,
    "loans.LoanApplied.v1": loans.LoanApplied,
    "loans.CreditApproved.v1": loans.CreditApproved,
    "loans.CreditDeclined.v1": loans.CreditDeclined,
    "loans.LoanOffered.v1": loans.LoanOffered,
    "loans.ContractSigned.v1": loans.ContractSigned,
    "loans.ContractEnded.v1": loans.ContractEnded,
    "loans.Drawn.v1": loans.Drawn,
    "loans.Repaid.v1": loans.Repaid,
    "loans.PaidOff.v1": loans.PaidOff,
    "loans.ChargedBack.v1": loans.ChargedBack,
    "loans.Refunded.v1": loans.Refunded,
    "loans.Recovered.v1": loans.Recovered,
    "loans.LoanImported.v1": loans.LoanImported,
    "loans.LoanEntryReversed.v1": loans.LoanEntryReversed,
    "loans.LoanFeeCharged.v1": loans.LoanFeeCharged,
    "loans.ClaimWaived.v1": loans.ClaimWaived,
    "loans.LoanRateSet.v1": loans.LoanRateSet,
    "loans.LoanInterestPaused.v1": loans.LoanInterestPaused,
    "loans.DueDateMoved.v1": loans.DueDateMoved,
    "loans.LoanExtended.v1": loans.LoanExtended,
    "loans.LoanRestructured.v1": loans.LoanRestructured,
    "loans.LoanAccelerated.v1": loans.LoanAccelerated,
    "loans.LoanWrittenOff.v1": loans.LoanWrittenOff,
    "loans.Refinanced.v1": loans.Refinanced,
    "loans.FacilityRepaid.v1": loans.FacilityRepaid,
    "loans.LoanEntriesReversed.v1": loans.LoanEntriesReversed,
    "loans.AssetTaken.v1": loans.AssetTaken,
    "loans.PartnerSettled.v1": loans.PartnerSettled,
    "loans.PartnerShareSettled.v1": loans.PartnerShareSettled,
    "payments.Transferred.v1": payments.Transferred,
    "payments.Deposited.v1": payments.Deposited,
    "payments.Withdrawn.v1": payments.Withdrawn,
    "payments.PaymentReserved.v1": payments.PaymentReserved,
    "payments.PaymentCaptured.v1": payments.PaymentCaptured,
    "payments.PaymentReleased.v1": payments.PaymentReleased,
    "payments.PaymentReversed.v1": payments.PaymentReversed,
    "payments.BulkTransferred.v1": payments.BulkTransferred,
    "payments.StandingOrderSet.v1": payments.StandingOrderSet,
    "payments.StandingOrderCancelled.v1": payments.StandingOrderCancelled,
    "payments.StandingOrderPaid.v1": payments.StandingOrderPaid,
    "payments.StandingOrderMissed.v1": payments.StandingOrderMissed,
    "products.ProductDrafted.v1": products.ProductDrafted,
    "products.ProductDefined.v1": products.ProductDefined,
    "products.ProductPublished.v1": products.ProductPublished,
    "products.ProductWithdrawn.v1": products.ProductWithdrawn,
    "rates.IndexRatePublished.v1": rates.IndexRatePublished,
}

EVENTS = Codec(CATALOGUE, UPCASTERS)
