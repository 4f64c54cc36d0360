"""The typed no of limits.

Units: figures named ``*_minor`` are whole minor units of the limit's currency.
"""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class LimitNotFound(Refusal):
    """A use, a parent or a question names a limit that is not in the tree."""

    code = "LIMIT_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Limit {limit_id} does not exist."


class LimitDuplicate(Refusal):
    """The limit id is taken."""

    code = "LIMIT_DUPLICATE"
    kind = Kind.ALREADY_EXISTS
    says = "Limit {limit_id} exists already."


class LimitCycle(Refusal):
    """Following the parents of a limit leads back to it."""

    code = "LIMIT_CYCLE"
    says = "Limit {limit_id} is its own ancestor."


class LimitCurrencyMismatch(Refusal):
    """A child or a use is in another currency than the limit above it."""

    code = "LIMIT_CURRENCY_MISMATCH"
    says = "Limit {limit_id} is in {limit_currency}, not {asked_currency}."


class LimitFrozen(Refusal):
    """The limit, or one above it, is frozen."""

    code = "LIMIT_FROZEN"
    says = "Limit {limit_id} is frozen; nothing is drawn under {asked_limit_id}."


class LimitNotYetValid(Refusal):
    """The limit, or one above it, starts later."""

    code = "LIMIT_NOT_YET_VALID"
    kind = Kind.OUT_OF_RANGE
    says = "Limit {limit_id} is in force from {valid_from}, not yet on {on}."


class LimitExpired(Refusal):
    """The limit, or one above it, has ended."""

    code = "LIMIT_EXPIRED"
    kind = Kind.OUT_OF_RANGE
    says = "Limit {limit_id} ended on {valid_until}; asked on {on}."


class LimitIsClosed(Refusal):
    """The limit, or one above it, was closed."""

    code = "LIMIT_CLOSED"
    says = "Limit {limit_id} was closed."


class LimitTooDeep(Refusal):
    """Too many limits would stand above one another."""

    code = "LIMIT_TOO_DEEP"
    kind = Kind.OUT_OF_RANGE
    says = "Limit {limit_id} would be at level {level}; there are at most {max_levels}."


class LimitHolderMismatch(Refusal):
    """Who borrows, or holds the limit below, is not who holds the limit."""

    code = "LIMIT_HOLDER_MISMATCH"
    says = "Limit {limit_id} is held by {holder_kind} {holder_id}, not by {asked_id}."


class LimitStillUsed(Refusal):
    """A limit that something uses is not closed."""

    code = "LIMIT_STILL_USED"
    says = (
        "Limit {limit_id} still has {outstanding_minor} outstanding, {undrawn_minor} undrawn "
        "and {open_below} open limits below it."
    )


class LimitNotFrozen(Refusal):
    """The limit is not frozen for that reason."""

    code = "LIMIT_NOT_FROZEN"
    says = "Limit {limit_id} is not frozen for {trigger}."


class LimitFrozenAlready(Refusal):
    """The limit is frozen for that reason already."""

    code = "LIMIT_FROZEN_ALREADY"
    kind = Kind.ALREADY_EXISTS
    says = "Limit {limit_id} is frozen for {trigger} already."


class GroupNotFound(Refusal):
    """No such group of customers."""

    code = "GROUP_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Group {group_id} does not exist."


class LimitExceeded(Refusal):
    """A limit on the way to the root leaves too little."""

    code = "LIMIT_EXCEEDED"
    says = (
        "{asked_minor} was asked under limit {asked_limit_id}; "
        "limit {limit_id} leaves {available_minor}."
    )


class ConcentrationExceeded(Refusal):
    """Too much would hang on one borrower, group or partner."""

    code = "CONCENTRATION_EXCEEDED"
    says = (
        "{exposure_minor} would exceed {test}: at most {max_minor} ({max_bp} bp of {base_minor})."
    )


class PartnerShareTooLow(Refusal):
    """The partner of a joint loan carries too little of it."""

    code = "PARTNER_SHARE_TOO_LOW"
    says = "The partner lends {partner_minor} of {loan_minor}; at least {needed_minor} is needed."
