"""Level payments: the instalment that repays a balance, exact to the minor unit.

Units: whole minor units; a period factor is the exact fraction ``numerator / denominator`` of the
balance that one period costs. Everything is whole numbers, so no loan is too large or too long.
Source: the present value of an annuity; 等额本息 in 个人贷款 contracts.
"""

from __future__ import annotations

from collections.abc import Sequence

from kernel.common.rounding import Rounding, rounded

Factor = tuple[int, int]


def level_payment(
    balance_minor: int,
    factor: Factor,
    instalments: int,
    rounding: Rounding = Rounding.HALF_UP,
    multiple_minor: int = 1,
    residual_minor: int = 0,
) -> int:
    """``(P - V v^n) i / (1 - v^n)`` with ``i`` the factor of one period and ``v = 1 / (1 + i)``.

    ``residual_minor`` is V, what is still owed after the last payment.

    >>> level_payment(10_000_000, (43_500, 12 * 10**6), 12)
    853099
    >>> level_payment(10_000_000, (43_500, 12 * 10**6), 36, residual_minor=3_000_000)
    218635
    >>> level_payment(1200, (0, 1), 12)
    100
    """
    cost, whole = factor
    if cost == 0:
        return rounded(balance_minor - residual_minor, instalments, rounding, multiple_minor)
    grown = (whole + cost) ** instalments
    base = whole**instalments
    return rounded(
        (balance_minor * grown - residual_minor * base) * cost,
        whole * (grown - base),
        rounding,
        multiple_minor,
    )


def level_payment_by_factors(
    balance_minor: int,
    factors: Sequence[Factor],
    rounding: Rounding = Rounding.HALF_UP,
    multiple_minor: int = 1,
    residual_minor: int = 0,
) -> int:
    """The level payment when every period has its own factor.

    ``P * prod(1 + f_k) / fn`` with ``fn_1 = 1`` and ``fn_k = 1 + fn_(k-1) * (1 + f_k)``: the first
    factor stands in the product only.

    >>> level_payment_by_factors(10_000_000, [(43_500, 12 * 10**6)] * 12)
    853099
    """
    return weighted_payment(
        balance_minor, factors, [1] * len(factors), rounding, multiple_minor, residual_minor
    )


def weighted_payment(
    balance_minor: int,
    factors: Sequence[Factor],
    weights: Sequence[int],
    rounding: Rounding = Rounding.HALF_UP,
    multiple_minor: int = 1,
    residual_minor: int = 0,
) -> int:
    """The payment x for which payments of ``x * weight_k`` repay the balance.

    A weight of 0 is a period without a payment, whose interest is added to the balance.

    >>> weighted_payment(2_000, [(0, 1)] * 3, [1, 1, 2])
    500
    """
    owed, paid, denominator = balance_minor, 0, 1
    for (cost, whole), weight in zip(factors, weights, strict=True):
        owed *= whole + cost
        paid = paid * (whole + cost) + weight * denominator * whole
        denominator *= whole
    return rounded(owed - residual_minor * denominator, paid, rounding, multiple_minor)


def graduated_payments(
    balance_minor: int,
    factor: Factor,
    instalments: int,
    every: int,
    growth_ppm: int,
    rounding: Rounding = Rounding.HALF_UP,
) -> list[int]:
    """Payments that grow by ``growth_ppm`` after every ``every`` instalments (阶梯还款).

    >>> steps = graduated_payments(10_000_000, (43_500, 12 * 10**6), 36, 12, 50_000)
    >>> steps[0], steps[12], steps[24]
    (282841, 296983, 311832)
    """
    million, steps = 10**6, (instalments - 1) // every
    weights = [
        (million + growth_ppm) ** (k // every) * million ** (steps - k // every)
        for k in range(instalments)
    ]
    owed, paid = _present(balance_minor, factor, weights)
    return [rounded(owed * weight, paid, rounding) for weight in weights]


def arithmetic_payments(
    balance_minor: int,
    factor: Factor,
    instalments: int,
    every: int,
    amount_minor: int,
    rounding: Rounding = Rounding.HALF_UP,
) -> list[int]:
    """Payments that grow by ``amount_minor`` after every ``every`` instalments (等额递增).

    >>> arithmetic_payments(3_000, (0, 1), 3, 1, 500)
    [500, 1000, 1500]
    """
    steps = [amount_minor * (k // every) for k in range(instalments)]
    owed, paid = _present(balance_minor, factor, [1] * instalments)
    _, extra = _present(0, factor, steps)
    return [rounded(owed - extra + step * paid, paid, rounding) for step in steps]


def _present(balance_minor: int, factor: Factor, weights: Sequence[int]) -> tuple[int, int]:
    """Balance and weights carried to the last payment's day, on one denominator."""
    cost, whole = factor
    owed, paid, denominator = balance_minor, 0, 1
    for weight in weights:
        owed *= whole + cost
        paid = paid * (whole + cost) + weight * denominator * whole
        denominator *= whole
    return owed, paid
