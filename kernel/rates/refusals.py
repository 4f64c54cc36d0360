"""The typed no of rate indices."""

from __future__ import annotations

from kernel.common.refusals import Kind, Refusal


class IndexNotFound(Refusal):
    """Nothing was ever published of the index."""

    code = "INDEX_NOT_FOUND"
    kind = Kind.NOT_FOUND
    says = "Index {index_id} is not known."


class IndexAlreadyPublished(Refusal):
    """The day has a rate; another one is a correction."""

    code = "INDEX_ALREADY_PUBLISHED"
    kind = Kind.ALREADY_EXISTS
    says = "Index {index_id} was published on {published_on} with {rate_ppm} ppm."


class IndexNotPublished(Refusal):
    """There is nothing to correct on the day."""

    code = "INDEX_NOT_PUBLISHED"
    kind = Kind.NOT_FOUND
    says = "Index {index_id} was not published on {published_on}."


class PublishedInFuture(Refusal):
    """The publication lies after the business date."""

    code = "PUBLISHED_IN_FUTURE"
    kind = Kind.OUT_OF_RANGE
    says = "{published_on} lies after the business date {today}."
