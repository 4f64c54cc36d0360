"""The typed no of the business date."""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class BusinessDateNotOpen(Refusal):
    """Nothing can be booked before the first business date is opened."""

    code = "BUSINESS_DATE_NOT_OPEN"
    says = "No business date is open yet."


class BusinessDateAlreadyOpen(Refusal):
    """The first business date is opened once."""

    code = "BUSINESS_DATE_ALREADY_OPEN"
    kind = Kind.ALREADY_EXISTS
    says = "Business date {open_date} is open already."


class BusinessDateNotLater(Refusal):
    """The business date only moves forward."""

    code = "BUSINESS_DATE_NOT_LATER"
    says = "{asked_date} is not later than the open business date {open_date}."


class BusinessDateStepTooLong(Refusal):
    """A jump over many days is most likely a mistake."""

    code = "BUSINESS_DATE_STEP_TOO_LONG"
    kind = Kind.OUT_OF_RANGE
    says = "From {open_date} to {asked_date} are {step_days} days; {max_days} are allowed at once."


class ValueDateOutOfWindow(Refusal):
    """Money may be dated back and forward within bounds only."""

    code = "VALUE_DATE_OUT_OF_WINDOW"
    kind = Kind.OUT_OF_RANGE
    says = "Value date {value_date} lies outside {earliest} to {latest}."


class DayNotEnded(Refusal):
    """Only a business date that has ended is sealed."""

    code = "DAY_NOT_ENDED"
    says = "{asked_date} is no business date that has ended."


class DayAlreadySealed(Refusal):
    """A day is sealed once."""

    code = "DAY_ALREADY_SEALED"
    kind = Kind.ALREADY_EXISTS
    says = "{asked_date} is sealed already; the last sealed day is {sealed_date}."


class EarlierDayNotSealed(Refusal):
    """Days are sealed in their order."""

    code = "EARLIER_DAY_NOT_SEALED"
    says = "{earlier_date} has ended and is not sealed; it comes before {asked_date}."
