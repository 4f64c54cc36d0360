"""Several borrowers of one loan: what counts in tests, and what each one's share is.

Every borrower owes the whole, so every limit and concentration test counts the whole loan for
each of them; a household or a group counts it once. Reports divide it by the agreed shares.

Units: whole minor units of one currency; ``*_bp`` basis points.
Source: Civil Code arts 518 and 519 (joint and several debts, shares among the debtors), art. 1064
(debts of a couple).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

WHOLE_BP = 10_000


class JointLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan with its borrowers; their shares sum to 10,000 bp."""

    loan_id: str
    exposure_minor: int
    share_bp: dict[str, int]


def joint_exposure_minor(loans: Iterable[JointLoan], members: Collection[str]) -> int:
    """What counts for one borrower, or once for a household or group of them.

    >>> home = JointLoan(loan_id="H", exposure_minor=100, share_bp={"ann": 5_000, "bo": 5_000})
    >>> joint_exposure_minor([home], ["ann"]), joint_exposure_minor([home], ["ann", "bo"])
    (100, 100)
    """
    return sum(
        loan.exposure_minor for loan in loans if not loan.share_bp.keys().isdisjoint(members)
    )


def reported_minor(loan: JointLoan) -> dict[str, int]:
    """The loan divided among its borrowers, to the cent (largest remainder, then by id).

    >>> reported_minor(JointLoan(loan_id="H", exposure_minor=101, share_bp={"a": 5000, "b": 5000}))
    {'a': 51, 'b': 50}
    """
    assert sum(loan.share_bp.values()) == WHOLE_BP, loan
    parts = {who: divmod(loan.exposure_minor * bp, WHOLE_BP) for who, bp in loan.share_bp.items()}
    odd = loan.exposure_minor - sum(whole for whole, _ in parts.values())
    first = sorted(parts, key=lambda who: (-parts[who][1], who))[:odd]
    return {who: parts[who][0] + (who in first) for who in sorted(parts)}
