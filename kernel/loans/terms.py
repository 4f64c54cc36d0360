"""Terms of a loan: what a product version fixes and a contract pins. Checked against each other.

Units: whole minor units; rates in ppm a year (``annual_rate_ppb`` for parts per billion); days.
Source: 银发〔2003〕251号 (rates, penalty), 银发〔2005〕129号 (interest by months or by days),
Civil Code arts 670 and 677 (interest on what was really lent, for the time really used).
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kernel.common.day_count import DayCount
from kernel.common.fields import CURRENCY_CODES
from kernel.common.rounding import Rounding

PRINCIPAL_MAX_MINOR = 10**13
"""A hundred billion yuan in fen: the largest loan whose arithmetic is tested."""
INSTALMENTS_MAX = 3_660
RATE_MAX_PPM = 10_000_000

Minor = Annotated[int, Field(ge=0, le=PRINCIPAL_MAX_MINOR)]
Ppm = Annotated[int, Field(ge=0, le=RATE_MAX_PPM)]
DayOfMonth = Annotated[int, Field(ge=1, le=31)]
Count = Annotated[int, Field(ge=0, le=INSTALMENTS_MAX)]


class Method(StrEnum):
    """How the principal comes back (还款方式)."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_FIRST = "interest_first"
    BULLET = "bullet"
    FLAT = "flat"
    BALLOON = "balloon"
    STEP = "step"
    CUSTOM = "custom"
    REVOLVING = "revolving"
    DISCOUNTED = "discounted"


class InstalmentRule(StrEnum):
    """What the level instalment assumes of its periods; the two last are engines of other lenders.

    ``nominal`` every period alike; ``exact`` each period's own factor; ``progressive`` daily
    interest on what is unpaid, early money lowers the balance at once; ``cumulative`` the nominal
    instalment with interest by whole periods or actual days.
    """

    NOMINAL = "nominal"
    EXACT = "exact"
    PROGRESSIVE = "progressive"
    CUMULATIVE = "cumulative"


class Component(StrEnum):
    """What a payment can be for; the fixed order of every table of amounts."""

    FEE = "fee"
    COMPOUND = "compound"
    PENALTY = "penalty"
    INTEREST = "interest"
    PRINCIPAL = "principal"


COMPONENTS = tuple(Component)


class Part(BaseModel):
    """Base of every part: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Every(Part):
    """The rhythm of due dates: so many months, weeks or days; exactly one of them."""

    months: Annotated[int, Field(ge=0, le=120)] = 0
    weeks: Annotated[int, Field(ge=0, le=52)] = 0
    days: Annotated[int, Field(ge=0, le=366)] = 0

    @model_validator(mode="after")
    def _one(self) -> Every:
        if sum(1 for each in (self.months, self.weeks, self.days) if each) != 1:
            raise ValueError("name exactly one of months, weeks, days")
        return self


class Grace(Part):
    """Instalments at the start that ask less: no principal, interest later, or no interest."""

    principal: Count = 0
    interest_payment: Count = 0
    interest_free: Count = 0


class Holidays(Part):
    """Due dates on days off: which calendar, which way, and whether the interest days move too."""

    calendar: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    roll: Literal["none", "following", "modified_following", "preceding"] = "following"
    moves_interest: bool = False


class Fee(Part):
    """A fee of the contract: a fixed amount, or ppm of the principal disbursed.

    ``when`` start: taken out of the disbursement, or added to the principal if ``financed``;
    instalment: due with every instalment.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    when: Literal["start", "instalment"] = "start"
    amount_minor: Minor = 0
    rate_ppm: Ppm = 0
    financed: bool = False

    @model_validator(mode="after")
    def _one(self) -> Fee:
        if bool(self.amount_minor) == bool(self.rate_ppm):
            raise ValueError("name exactly one of amount_minor, rate_ppm")
        if self.financed and self.when != "start":
            raise ValueError("financed: only a fee at the start can be financed")
        return self


class Penalty(Part):
    """Penalty interest (罚息) on overdue principal, compound interest (复利) on overdue interest.

    The penalty rate is ``multiplier_ppm`` of the contract rate (1.3 to 1.5 times by
    银发〔2003〕251号, item 3). ``compound`` says at what rate unpaid interest bears interest.
    Interest on penalty interest is not offered: courts disagree whether it may be charged.
    """

    multiplier_ppm: Ppm = 1_500_000
    compound: Literal["none", "contract_then_penalty", "penalty"] = "penalty"


class Balloon(Part):
    """Instalments as if amortised over more periods, or down to a residual value."""

    amortised_over: Count = 0
    residual_minor: Minor = 0


class Step(Part):
    """The instalment grows after every ``every`` instalments: by a ratio or by an amount."""

    every: Annotated[int, Field(ge=1, le=INSTALMENTS_MAX)] = 12
    growth_ppm: Annotated[int, Field(ge=-900_000, le=RATE_MAX_PPM)] = 0
    amount_minor: Annotated[int, Field(ge=-PRINCIPAL_MAX_MINOR, le=PRINCIPAL_MAX_MINOR)] = 0


class Waterfall(Part):
    """The order in which money is allocated, from a day on, by accrual status (冲销顺序).

    ``across`` instalment: finish the oldest instalment first; component: finish a component over
    all instalments first. Source: Civil Code art. 561 where nothing else was agreed.
    """

    from_date: datetime.date = datetime.date(1900, 1, 1)
    status: Literal["accrual", "non_accrual"] = "accrual"
    order: tuple[Component, ...] = COMPONENTS
    across: Literal["instalment", "component"] = "instalment"

    @field_validator("order")
    @classmethod
    def _whole(cls, order: tuple[Component, ...]) -> tuple[Component, ...]:
        if sorted(order) != sorted(COMPONENTS):
            raise ValueError("name each of fee, compound, penalty, interest, principal once")
        return order


NON_ACCRUAL_ORDER = tuple(reversed(COMPONENTS))
DEFAULT_WATERFALL = (Waterfall(), Waterfall(status="non_accrual", order=NON_ACCRUAL_ORDER))

PrepaymentOption = Literal["shorten_term", "reduce_instalment", "pay_ahead", "recalculate"]
PrepaymentInterest = Literal["in_full", "prepaid_part", "later"]


class Prepayment(Part):
    """What early money does when the repayment itself does not say.

    ``option`` shorten_term (缩短期限), reduce_instalment (减少月供), pay_ahead (held for the next
    instalments), recalculate (lowers the balance at once and counts as the next instalments).
    ``interest`` settled in full, on the prepaid part only (随本付息), or left to the instalment.
    ``fee_ppm`` of the prepaid principal until ``fee_free_after_months``.
    """

    option: PrepaymentOption = "shorten_term"
    interest: PrepaymentInterest = "in_full"
    fee_ppm: Ppm = 0
    fee_free_after_months: Count = 0


class LoanTerms(Part):
    """Everything that the schedule and the fold need to know of a contract."""

    principal_minor: Annotated[int, Field(ge=1, le=PRINCIPAL_MAX_MINOR)]
    currency: str
    annual_rate_ppm: Ppm = 0
    annual_rate_ppb: Annotated[int, Field(ge=0, le=RATE_MAX_PPM * 1000)] | None = None
    method: Method
    instalments: Annotated[int, Field(ge=1, le=INSTALMENTS_MAX)]
    every: Every = Every(months=1)
    start_date: datetime.date
    first_due_date: datetime.date | None = None
    due_day: DayOfMonth | None = None
    maturity_date: datetime.date | None = None
    month_end: Literal["clamp", "roll"] = "clamp"
    day_count: DayCount = DayCount.BOND_30_360
    instalment_rule: InstalmentRule = InstalmentRule.NOMINAL
    rounding: Rounding = Rounding.HALF_UP
    rounding_unit_minor: Annotated[int, Field(ge=1, le=10_000)] = 1
    instalment_multiple_minor: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    residual: Literal["last", "first", "adjusted"] = "last"
    first_period: Literal["actual_interest", "merge_short", "interest_only"] = "actual_interest"
    merge_below_days: Annotated[int, Field(ge=1, le=31)] = 15
    days_in_month: Literal["30", "actual"] | None = None
    days_in_year: Literal["360", "364", "365", "actual"] | None = None
    grace: Grace = Grace()
    grace_days: Annotated[int, Field(ge=0, le=31)] = 0
    holidays: Holidays | None = None
    fees: Annotated[tuple[Fee, ...], Field(max_length=20)] = ()
    penalty: Penalty | None = None
    waterfall: Annotated[tuple[Waterfall, ...], Field(max_length=50)] = DEFAULT_WATERFALL
    non_accrual_days: Annotated[int, Field(ge=1, le=3660)] = 90
    prepayment: Prepayment | None = None
    balloon: Balloon | None = None
    step: Step | None = None
    principal_plan_minor: Annotated[tuple[Minor, ...], Field(max_length=INSTALMENTS_MAX)] = ()

    @property
    def rate_ppb(self) -> int:
        """The contract rate in parts per billion a year."""
        exact = self.annual_rate_ppb
        return self.annual_rate_ppm * 1000 if exact is None else exact

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str) -> str:
        if code not in CURRENCY_CODES:
            raise ValueError("is not an ISO 4217 currency")
        return code

    @model_validator(mode="after")
    def _agree(self) -> LoanTerms:
        for field, reason in _disagreements(self):
            raise ValueError(f"{field}: {reason}")
        return self


def _disagreements(terms: LoanTerms) -> list[tuple[str, str]]:
    """What the fields say against each other, as (field, reason)."""
    found = []
    n, start = terms.instalments, terms.start_date
    if terms.first_due_date is not None and terms.first_due_date <= start:
        found.append(("first_due_date", f"{terms.first_due_date} is not after the start {start}"))
    if terms.maturity_date is not None and terms.maturity_date <= (terms.first_due_date or start):
        found.append(("maturity_date", f"{terms.maturity_date} is not after the first due date"))
    if start.year + n * (terms.every.months / 12 + terms.every.weeks / 52) > 9000:
        found.append(("instalments", "the last one falls after the year 9000"))
    if terms.due_day is not None and not terms.every.months:
        found.append(("due_day", "needs a rhythm in months"))
    if terms.annual_rate_ppb is not None and terms.annual_rate_ppm:
        found.append(("annual_rate_ppb", "the rate is given twice, in ppm and in ppb"))
    if max(terms.grace.principal, terms.grace.interest_payment) >= n > 0 and (
        terms.grace.principal or terms.grace.interest_payment
    ):
        found.append(("grace", f"leaves none of the {n} instalments to pay"))
    return found + _method_disagreements(terms)


def _method_disagreements(terms: LoanTerms) -> list[tuple[str, str]]:
    found, method, n = [], terms.method, terms.instalments
    if (terms.step is not None) != (method is Method.STEP):
        found.append(("step", "belongs to the method step, and the method to it"))
    if (terms.balloon is not None) != (method is Method.BALLOON):
        found.append(("balloon", "belongs to the method balloon, and the method to it"))
    elif terms.balloon is not None:
        over, residual = terms.balloon.amortised_over, terms.balloon.residual_minor
        if bool(over) == bool(residual):
            found.append(("balloon", "name exactly one of amortised_over, residual_minor"))
        elif over and over < n:
            found.append(("balloon.amortised_over", f"{over} is shorter than {n} instalments"))
        elif residual > terms.principal_minor:
            found.append(("balloon.residual_minor", f"{residual} is more than the principal"))
    plan = terms.principal_plan_minor
    if bool(plan) != (method is Method.CUSTOM):
        found.append(("principal_plan_minor", "belongs to the method custom, and the method to it"))
    elif plan and (len(plan) != n or sum(plan) != terms.principal_minor):
        reason = f"{len(plan)} parts of {sum(plan)} for {n} instalments of {terms.principal_minor}"
        found.append(("principal_plan_minor", reason))
    if terms.step is not None and bool(terms.step.growth_ppm) == bool(terms.step.amount_minor):
        found.append(("step", "name exactly one of growth_ppm, amount_minor"))
    return found
