"""What a loan product promises and allows: its definition file; a contract pins a version.

Units: whole minor units; rates in ppm a year; ``*_bp`` basis points; days.
Source: 金规〔2025〕9号 (all-in cost), 银监会令2010年第2号 (payment of loan money).
Bounds are the bank's own.
"""

from __future__ import annotations

import datetime
import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from kernel.common.fields import CURRENCY_CODES
from kernel.common.refusals import InvalidInput
from kernel.loans.repricing import Cycle, RepricedOn
from kernel.loans.terms import (
    INSTALMENTS_MAX,
    PRINCIPAL_MAX_MINOR,
    RATE_MAX_PPM,
    LoanTerms,
    Part,
)

FIXED_BY_THE_CONTRACT = frozenset(
    {"principal_minor", "currency", "instalments", "annual_rate_ppm", "start_date", "due_day"}
)
Amount = Annotated[int, Field(ge=1, le=PRINCIPAL_MAX_MINOR)]
Count = Annotated[int, Field(ge=1, le=INSTALMENTS_MAX)]
Rate = Annotated[int, Field(ge=0, le=RATE_MAX_PPM)]
Days = Annotated[int, Field(ge=0, le=366)]


class LoanProduct(Part):
    """One version of a loan product.

    ``terms`` are fields of ``LoanTerms`` that every contract gets; amount, rate, number of
    instalments, dates and due day are the contract's. ``revolving``: what is repaid may be drawn
    again. ``entrusted_above_minor``: larger draws are paid to the payee. ``coverage_bp``: how much
    of the exposure pledges must cover at a draw, 0 for unsecured loans. ``index``: the published
    rate that a floating contract follows. ``is_retail``: graded loan by loan.
    """

    name: Annotated[str, Field(min_length=1, max_length=140)]
    currency: str = "CNY"
    is_retail: bool = True
    revolving: bool = False
    amount_min_minor: Amount = 1
    amount_max_minor: Amount
    instalments_min: Count = 1
    instalments_max: Count
    rate_min_ppm: Rate = 0
    rate_max_ppm: Rate = 240_000
    index: Annotated[str, Field(max_length=40)] | None = None
    repricing: Literal["january_1", "anniversary"] = "january_1"
    repricing_months: Annotated[int, Field(ge=1, le=120)] = 12
    coverage_bp: Annotated[int, Field(ge=0, le=20_000)] = 0
    needs_limit: bool = True
    entrusted_above_minor: Amount | None = None
    offer_days: Days = 30
    quote_days: Annotated[int, Field(ge=0, le=30)] = 0
    debit_retry_days: Days = 30
    consents: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    terms: dict[str, Any]

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str) -> str:
        if code not in CURRENCY_CODES:
            raise ValueError("is not an ISO 4217 currency")
        return code

    @model_validator(mode="after")
    def _agree(self) -> LoanProduct:
        if self.amount_min_minor > self.amount_max_minor:
            raise ValueError("amount_min_minor: above amount_max_minor")
        if self.instalments_min > self.instalments_max:
            raise ValueError("instalments_min: above instalments_max")
        if self.rate_min_ppm > self.rate_max_ppm:
            raise ValueError("rate_min_ppm: above rate_max_ppm")
        fixed = sorted(FIXED_BY_THE_CONTRACT & set(self.terms))
        if fixed:
            raise ValueError(f"terms.{fixed[0]}: is the contract's, not the product's")
        self.loan_terms(
            principal_minor=self.amount_max_minor,
            instalments=self.instalments_max,
            annual_rate_ppm=self.rate_max_ppm,
            start_date=datetime.date(2026, 1, 1),
        )
        return self

    @property
    def cycle(self) -> Cycle:
        """On which days a floating loan is repriced."""
        return Cycle(on=RepricedOn(self.repricing), months=self.repricing_months)

    def loan_terms(
        self,
        *,
        principal_minor: int,
        instalments: int,
        annual_rate_ppm: int,
        start_date: datetime.date,
        due_day: int | None = None,
        principal_plan_minor: tuple[int, ...] = (),
    ) -> LoanTerms:
        """The terms of one loan under the product; a plan of its own replaces the product's.

        Raises pydantic's ValidationError.
        """
        plan = {"principal_plan_minor": principal_plan_minor} if principal_plan_minor else {}
        return LoanTerms.model_validate(
            {
                **self.terms,
                **plan,
                "principal_minor": principal_minor,
                "currency": self.currency,
                "instalments": instalments,
                "annual_rate_ppm": annual_rate_ppm,
                "start_date": start_date,
                "due_day": due_day,
            }
        )


def loan_product(definition: dict[str, Any]) -> LoanProduct:
    """A checked definition; raises InvalidInput with the path that is wrong."""
    try:
        return LoanProduct.model_validate(definition)
    except ValidationError as error:
        raise InvalidInput(*faults(error, "definition")) from None


def faults(error: ValidationError, root: str) -> list[tuple[str, str]]:
    """What pydantic found, as (path, reason)."""
    return [
        (".".join([root, *map(str, each["loc"])]), each["msg"].removeprefix("Value error, "))
        for each in error.errors()
    ]


def stored_terms(terms: LoanTerms) -> dict[str, Any]:
    """Terms as plain values for an event: what is not at its default."""
    values: dict[str, Any] = json.loads(terms.model_dump_json(exclude_defaults=True))
    return values
