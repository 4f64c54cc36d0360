"""Use cases of products: a definition is checked by the area whose contracts will pin it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from kernel.application.books import Books
from kernel.common.commands import Command
from kernel.common.facts import Event
from kernel.common.moment import Moment
from kernel.common.refusals import InvalidInput
from kernel.common.terms import AccountClass
from kernel.deposits.product import (
    AgreementDepositProduct,
    NoticeDepositProduct,
    TermDepositProduct,
    deposit_product,
)
from kernel.loans.product import loan_product
from kernel.products import commands, rules
from kernel.products.commands import ProductKind

Events = tuple[Event, ...]

CHECKS: dict[ProductKind, Callable[[dict[str, Any]], object]] = {
    ProductKind.LOAN: loan_product,
    ProductKind.TERM_DEPOSIT: partial(deposit_product, TermDepositProduct),
    ProductKind.NOTICE_DEPOSIT: partial(deposit_product, NoticeDepositProduct),
    ProductKind.AGREEMENT_DEPOSIT: partial(deposit_product, AgreementDepositProduct),
}
"""Who knows what a definition of the kind must say; raises InvalidInput."""


def draft_product(command: commands.DraftProduct, books: Books, at: Moment) -> Events:
    """Draft a version of a current-account product."""
    if command.terms.account_class is AccountClass.DEPOSIT:
        raise InvalidInput(("terms.account_class", "deposits are products of their own kinds"))
    return (rules.draft_product(command, books.product(command.product_id)),)


def define_product(command: commands.DefineProduct, books: Books, at: Moment) -> Events:
    """Write down a version of a loan or deposit product."""
    try:
        definition = msgspec.json.decode(command.definition_json, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInput(("definition_json", str(error))) from None
    check = CHECKS.get(command.product_kind)
    if check is None:
        raise InvalidInput(("product_kind", f"{command.product_kind} is not offered yet"))
    check(definition)
    return (rules.define_product(command, books.product(command.product_id), definition),)


def publish_product(command: commands.PublishProduct, books: Books, at: Moment) -> Events:
    """Publish a version."""
    return (rules.publish_product(command, books.product(command.product_id), at),)


def withdraw_product(command: commands.WithdrawProduct, books: Books, at: Moment) -> Events:
    """Withdraw a version."""
    return (rules.withdraw_product(command, books.product(command.product_id)),)


USE_CASES: dict[type[Command], Callable[[Any, Books, Moment], Events]] = {
    commands.DraftProduct: draft_product,
    commands.DefineProduct: define_product,
    commands.PublishProduct: publish_product,
    commands.WithdrawProduct: withdraw_product,
}
