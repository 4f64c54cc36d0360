"""The loan product that a contract pinned."""

from __future__ import annotations

from kernel.application.books import Books
from kernel.loans.contract_state import ContractState
from kernel.loans.product import LoanProduct, loan_product
from kernel.products.commands import ProductKind
from kernel.products.rules import definition_of, require_version


def product_of(contract: ContractState, books: Books) -> LoanProduct:
    """The product version that the contract pinned, on sale or not."""
    application = contract.application
    assert application is not None, "a contract begins with its application"
    return pinned_product(application.product_id, application.product_version, books)


def pinned_product(product_id: str, version: int, books: Books) -> LoanProduct:
    """A version of a loan product, on sale or not."""
    found = require_version(books.product(product_id), product_id, version)
    return loan_product(definition_of(found, product_id, ProductKind.LOAN))
