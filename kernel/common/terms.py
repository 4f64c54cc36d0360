"""Terms of a current-account product, as a product version fixes them and an account pins them.

Units: ``overdraft_max_minor`` whole minor units; ``annual_rate_ppm`` parts per million a year.
Source: 银发〔2016〕261号 and 银发〔2018〕16号 for the classes of personal settlement accounts.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from kernel.common.fields import AmountMinorOrZero, CurrencyCode, RequiredText
from kernel.common.people import CustomerKind, IdentificationLevel


class AccountClass(StrEnum):
    """Class of a personal settlement account (Ⅰ full, Ⅱ and Ⅲ capped), or a corporate account.

    ``DEPOSIT`` is a term or notice deposit: its money comes from and goes to settlement accounts.
    """

    I = "I"  # noqa: E741 - the regulation's own name
    II = "II"
    III = "III"
    CORPORATE = "CORPORATE"
    DEPOSIT = "DEPOSIT"


class CurrentAccountTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a version of a current-account product promises and allows.

    ``minimum_level`` is the identification a holder needs; ``overdraft_max_minor`` the highest
    overdraft limit that may be granted on an account of the product.
    """

    name: RequiredText
    account_class: AccountClass
    holder_kind: CustomerKind
    currency: CurrencyCode
    minimum_level: IdentificationLevel
    overdraft_max_minor: AmountMinorOrZero = 0
    annual_rate_ppm: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0

    @property
    def posting_class(self) -> str:
        """Which control account holds such accounts: see the posting rules.

        A corporate account is booked apart from a person's.
        """
        if self.holder_kind is CustomerKind.PERSON:
            return "PERSONAL_CURRENT"
        return "CORPORATE_CURRENT"
