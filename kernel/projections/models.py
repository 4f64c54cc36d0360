"""All read models of a ledger, as one set."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from kernel.projections.balances import Balances
from kernel.projections.calendar import Calendar
from kernel.projections.customers import Customers
from kernel.projections.ledger import Ledger
from kernel.projections.model import Model
from kernel.projections.orders import Orders
from kernel.projections.positions import METADATA
from kernel.projections.statements import Statements
from kernel.projections.usage import Usage


@dataclass(frozen=True)
class ReadModels:
    """The live read models; a test may put one of its own in a place."""

    calendar: Calendar = field(default_factory=Calendar)
    balances: Balances = field(default_factory=Balances)
    statements: Statements = field(default_factory=Statements)
    customers: Customers = field(default_factory=Customers)
    ledger: Ledger = field(default_factory=Ledger)
    usage: Usage = field(default_factory=Usage)
    orders: Orders = field(default_factory=Orders)

    @property
    def all(self) -> tuple[Model, ...]:
        """Every model, in the order in which they are applied."""
        return (
            self.calendar,
            self.balances,
            self.statements,
            self.customers,
            self.ledger,
            self.usage,
            self.orders,
        )

    def named(self, name: str) -> Model:
        """The model of the name; raises KeyError."""
        return {model.name: model for model in self.all}[name]


READ_MODELS = ReadModels()


def create_tables(connection: Connection, models: ReadModels = READ_MODELS) -> None:
    """Create the tables of all models and of the follower, where missing, in the search path."""
    METADATA.create_all(connection)
    for model in models.all:
        model.metadata.create_all(connection)
