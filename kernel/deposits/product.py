"""Products of deposits as people write them: terms, notice and agreement, checked.

Units: whole minor units, rates in ppm a year. A rate that is not given is the listed one.
Source: 储蓄管理条例 art. 24 (partial withdrawal), 通知存款管理办法 (least amounts),
人民币单位存款管理办法 (agreement deposits).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from kernel.common.fields import CURRENCY_CODES, MAX_AMOUNT_MINOR
from kernel.common.refusals import InvalidInput
from kernel.deposits.fixed import TERM_MONTHS

Minor = Annotated[int, Field(ge=1, le=MAX_AMOUNT_MINOR)]
Rate = Annotated[int, Field(ge=0, le=1_000_000)]


class DepositProduct(BaseModel):
    """What every deposit product says: its name, its currency, who may hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=140)]
    currency: str = "CNY"
    holder_kind: Literal["PERSON", "ORGANISATION"] = "PERSON"

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str) -> str:
        if code not in CURRENCY_CODES:
            raise ValueError("is not an ISO 4217 currency")
        return code


class TermOffer(BaseModel):
    """A term on offer; without a rate of its own it pays the listed rate of its first day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    term_months: Annotated[int, Field(ge=1, le=120)]
    annual_rate_ppm: Rate | None = None

    @field_validator("term_months")
    @classmethod
    def _offered(cls, months: int) -> int:
        if months not in TERM_MONTHS:
            raise ValueError(f"is none of {', '.join(map(str, TERM_MONTHS))}")
        return months


class TermDepositProduct(DepositProduct):
    """A term deposit (整存整取): terms on offer, least amounts, what may be withdrawn early."""

    terms: Annotated[tuple[TermOffer, ...], Field(min_length=1, max_length=12)]
    minimum_open_minor: Minor = 5_000
    minimum_rest_minor: Minor = 5_000
    partial_withdrawals_max: Annotated[int, Field(ge=0, le=100)] = 1
    may_roll_over: bool = True

    @model_validator(mode="after")
    def _each_once(self) -> TermDepositProduct:
        months = [each.term_months for each in self.terms]
        if len(set(months)) != len(months):
            raise ValueError("terms: a term is offered twice")
        return self

    def offer(self, term_months: int) -> TermOffer | None:
        """The offer for a term, or None."""
        return next((each for each in self.terms if each.term_months == term_months), None)


class NoticeDepositProduct(DepositProduct):
    """A notice deposit (通知存款): days of notice, least amounts to open with and to draw."""

    notice_days: Literal[1, 7]
    annual_rate_ppm: Rate | None = None
    minimum_open_minor: Minor = 5_000_000
    minimum_draw_minor: Minor = 5_000_000


class AgreementDepositProduct(DepositProduct):
    """An agreement deposit (协定存款): how low the base, how high the rate, how long it holds."""

    holder_kind: Literal["ORGANISATION"] = "ORGANISATION"
    minimum_base_minor: Minor = 5_000_000
    rate_max_ppm: Rate
    months_max: Annotated[int, Field(ge=1, le=12)] = 12


P = TypeVar("P", bound=DepositProduct)


def deposit_product(kind: type[P], definition: dict[str, Any]) -> P:
    """A checked definition; raises InvalidInput with the path that is wrong."""
    try:
        return kind.model_validate(definition)
    except ValidationError as error:
        raise InvalidInput(
            *(
                (
                    ".".join(["definition", *map(str, each["loc"])]),
                    each["msg"].removeprefix("Value error, "),
                )
                for each in error.errors()
            )
        ) from None
