"""How events under old stored names are lifted to the names of today: one function a step.

A step takes the fields as they were stored and gives the next name with its fields. Steps are
chained by name, so a step is never changed when a newer version comes: the newer one adds a step.
"""

from __future__ import annotations

from kernel.eventstore.codec import Raw, Upcaster

BRANCH_BEFORE_BRANCHES = "0000"
"""The branch of customers registered before events named one: the head office."""


def customer_registered_v0(raw: Raw) -> tuple[str, Raw]:
    """The first form had no branch.

    >>> customer_registered_v0({"customer_id": "C-1"})
    ('customers.CustomerRegistered.v1', {'customer_id': 'C-1', 'branch_id': '0000'})
    """
    return "customers.CustomerRegistered.v1", {**raw, "branch_id": BRANCH_BEFORE_BRANCHES}


UPCASTERS: dict[str, Upcaster] = {
    "customers.CustomerRegistered.v0": customer_registered_v0,
}
