"""The amount types of a loan, a closed list, and the subject of each.

Sign: an amount of any type is debit positive, so what a loan shows of all types but the memo ones
sums to zero, and the memo ones sum to zero with their contra.
Source: CAS application guide (企业会计准则应用指南), 1303, 1132, 6011, 1304; 财会〔2018〕36号
(interest accrued and not due is part of the loan); 财税〔2016〕36号 (VAT). Six-digit codes are the
bank's own.
"""

from __future__ import annotations

from enum import StrEnum

from kernel.bookkeeping.chart import PRIOR_YEAR_ADJUSTMENTS


class AmountType(StrEnum):
    """What an amount of a loan is; ``ALLOWANCE_MADE`` less ``ALLOWANCE_USED`` is the allowance.

    A recovery after the write-off goes in full form: the claim comes back onto the books against
    the allowance, is paid, and the allowance is released: 1303, 1304 and 6702 show it.
    """

    NORMAL_PRINCIPAL = "NORMAL_PRINCIPAL"
    OVERDUE_PRINCIPAL = "OVERDUE_PRINCIPAL"
    IMPAIRED_PRINCIPAL = "IMPAIRED_PRINCIPAL"
    ACCRUED_INTEREST = "ACCRUED_INTEREST"
    RECEIVABLE_INTEREST = "RECEIVABLE_INTEREST"
    PENALTY = "PENALTY"
    COMPOUND = "COMPOUND"
    FEE = "FEE"
    UNEARNED = "UNEARNED"
    INTEREST_INCOME = "INTEREST_INCOME"
    PENALTY_INCOME = "PENALTY_INCOME"
    COMPOUND_INCOME = "COMPOUND_INCOME"
    FEE_INCOME = "FEE_INCOME"
    PRIOR_INTEREST_INCOME = "PRIOR_INTEREST_INCOME"
    PRIOR_PENALTY_INCOME = "PRIOR_PENALTY_INCOME"
    PRIOR_COMPOUND_INCOME = "PRIOR_COMPOUND_INCOME"
    PRIOR_FEE_INCOME = "PRIOR_FEE_INCOME"
    DEFERRED_VAT = "DEFERRED_VAT"
    OUTPUT_VAT = "OUTPUT_VAT"
    HELD = "HELD"
    SETTLEMENT = "SETTLEMENT"
    PARTNER = "PARTNER"
    TAKEN_OVER = "TAKEN_OVER"
    ALLOWANCE_MADE = "ALLOWANCE_MADE"
    ALLOWANCE_USED = "ALLOWANCE_USED"
    IMPAIRMENT_LOSS = "IMPAIRMENT_LOSS"
    RECOVERED = "RECOVERED"
    CLAIM_BACK = "CLAIM_BACK"
    CLAIM_PAID = "CLAIM_PAID"
    ALLOWANCE_BACK = "ALLOWANCE_BACK"
    ALLOWANCE_FREED = "ALLOWANCE_FREED"
    UNEXPLAINED = "UNEXPLAINED"
    OFF_ACCRUED_INTEREST = "OFF_ACCRUED_INTEREST"
    OFF_RECEIVABLE_INTEREST = "OFF_RECEIVABLE_INTEREST"
    OFF_PENALTY = "OFF_PENALTY"
    OFF_COMPOUND = "OFF_COMPOUND"
    WRITTEN_OFF_PRINCIPAL = "WRITTEN_OFF_PRINCIPAL"
    WRITTEN_OFF_INTEREST = "WRITTEN_OFF_INTEREST"
    PARTNER_PRINCIPAL = "PARTNER_PRINCIPAL"
    MEMO_CONTRA = "MEMO_CONTRA"


LOAN_CLASSES = ("PERSONAL_LOAN", "CORPORATE_LOAN")
"""The posting classes of loans."""

LOAN_SUBJECTS: dict[AmountType, str] = {
    AmountType.NORMAL_PRINCIPAL: "130301",
    AmountType.OVERDUE_PRINCIPAL: "130302",
    AmountType.IMPAIRED_PRINCIPAL: "130303",
    AmountType.ACCRUED_INTEREST: "130304",
    AmountType.RECEIVABLE_INTEREST: "113201",
    AmountType.PENALTY: "113202",
    AmountType.COMPOUND: "113203",
    AmountType.FEE: "122101",
    AmountType.UNEARNED: "130309",
    AmountType.INTEREST_INCOME: "601101",
    AmountType.PENALTY_INCOME: "601102",
    AmountType.COMPOUND_INCOME: "601103",
    AmountType.FEE_INCOME: "602101",
    AmountType.PRIOR_INTEREST_INCOME: PRIOR_YEAR_ADJUSTMENTS,
    AmountType.PRIOR_PENALTY_INCOME: PRIOR_YEAR_ADJUSTMENTS,
    AmountType.PRIOR_COMPOUND_INCOME: PRIOR_YEAR_ADJUSTMENTS,
    AmountType.PRIOR_FEE_INCOME: PRIOR_YEAR_ADJUSTMENTS,
    AmountType.DEFERRED_VAT: "222109",
    AmountType.OUTPUT_VAT: "222101",
    AmountType.HELD: "224103",
    AmountType.SETTLEMENT: "300103",
    AmountType.PARTNER: "300104",
    AmountType.TAKEN_OVER: "300105",
    AmountType.ALLOWANCE_MADE: "1304",
    AmountType.ALLOWANCE_USED: "1304",
    AmountType.IMPAIRMENT_LOSS: "6702",
    AmountType.RECOVERED: "6702",
    AmountType.CLAIM_BACK: "130303",
    AmountType.CLAIM_PAID: "130303",
    AmountType.ALLOWANCE_BACK: "1304",
    AmountType.ALLOWANCE_FREED: "1304",
    AmountType.OFF_ACCRUED_INTEREST: "910101",
    AmountType.OFF_RECEIVABLE_INTEREST: "910102",
    AmountType.OFF_PENALTY: "910103",
    AmountType.OFF_COMPOUND: "910104",
    AmountType.WRITTEN_OFF_PRINCIPAL: "9102",
    AmountType.WRITTEN_OFF_INTEREST: "9103",
    AmountType.PARTNER_PRINCIPAL: "9106",
    AmountType.MEMO_CONTRA: "9999",
}
"""The first rules. ``UNEXPLAINED`` has none: it stands on suspense, and that alarms."""

PRIOR_YEAR: dict[AmountType, AmountType] = {
    AmountType.INTEREST_INCOME: AmountType.PRIOR_INTEREST_INCOME,
    AmountType.PENALTY_INCOME: AmountType.PRIOR_PENALTY_INCOME,
    AmountType.COMPOUND_INCOME: AmountType.PRIOR_COMPOUND_INCOME,
    AmountType.FEE_INCOME: AmountType.PRIOR_FEE_INCOME,
}
"""Where income goes that belongs to a year whose books are closed."""

PRINCIPAL = (
    AmountType.NORMAL_PRINCIPAL,
    AmountType.OVERDUE_PRINCIPAL,
    AmountType.IMPAIRED_PRINCIPAL,
)
"""Types of principal on the books."""

MEMO = frozenset(
    {
        AmountType.OFF_ACCRUED_INTEREST,
        AmountType.OFF_RECEIVABLE_INTEREST,
        AmountType.OFF_PENALTY,
        AmountType.OFF_COMPOUND,
        AmountType.WRITTEN_OFF_PRINCIPAL,
        AmountType.WRITTEN_OFF_INTEREST,
        AmountType.PARTNER_PRINCIPAL,
        AmountType.MEMO_CONTRA,
    }
)
"""Types of the memo accounts (表外)."""


def rule_id_of(kind: AmountType) -> str:
    """The id of the rule that posts an amount type.

    >>> rule_id_of(AmountType.ACCRUED_INTEREST)
    'loan.accrued-interest'
    """
    return f"loan.{kind.value.lower().replace('_', '-')}"
