"""What can go wrong with the log.

The tree::

    LogError
      HeadMoved           definite, nothing written: another writer got in between, or a stale head
      CommandKeyTaken     definite, nothing written: a command of the batch has its answer already
      LogUnavailable      definite, nothing written or read: the database does not answer in time
      OutcomeUnknown      COMMIT was sent and its reply is missing: look before you append again
      UncataloguedEvent   definite, nothing written: the class of an event has no stored name
      UnreadableFact      what is stored under a position cannot be read: damage, or newer code
"""

from __future__ import annotations


class LogError(Exception):
    """The log could not do what was asked."""


class HeadMoved(LogError):
    """The log does not end where the writer expected; nothing was written."""


class CommandKeyTaken(LogError):
    """A command key of the batch is in the log already; nothing was written."""


class LogUnavailable(LogError):
    """The database did not answer in time or refused; nothing was written."""


class OutcomeUnknown(LogError):
    """The batch may have been written or not: COMMIT was sent, its reply is missing."""


class UncataloguedEvent(LogError):
    """An event's class has no stored name, so it can be neither written nor read."""


class UnreadableFact(LogError):
    """What is stored at ``position`` under ``name`` is no event that this code knows."""

    def __init__(self, position: int, name: str, reason: str) -> None:
        self.position = position
        self.name = name
        self.reason = reason
        super().__init__(f"position {position}, {name!r:.80}: {reason}")
