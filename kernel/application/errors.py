"""Why a command got no answer from a rule. Never stored; the same command may be sent again.

The tree::

    EngineError
      Definite            the command was not done and will not be by this request
        Overloaded          the queue is full; come back later
        NotWriter           this process is the standby; another one writes
        Unavailable         the database cannot be reached
        DeadlinePassed      the caller's time ran out before the command was decided
        CommandIdReused     the command id was used with other content
        Defect              a broken invariant: a bug, alarmed, nothing was written
      OutcomeUnknown      it may have been done: ask GetCommandOutcome
"""

from __future__ import annotations

from typing import ClassVar


class EngineError(Exception):
    """No answer from a rule; ``code`` is stable, ``retry_after_ms`` None when a retry is vain."""

    code: ClassVar[str]
    retry_after_ms: ClassVar[int | None] = None


class Definite(EngineError):
    """The command was not done."""


class Overloaded(Definite):
    """The queue of the engine is full."""

    code = "OVERLOADED"
    retry_after_ms = 200


class NotWriter(Definite):
    """This process waits as the standby; another one holds the lease."""

    code = "NOT_WRITER"
    retry_after_ms = 500


class Unavailable(Definite):
    """The database cannot be reached; nothing was written."""

    code = "DATABASE_UNAVAILABLE"
    retry_after_ms = 500


class DeadlinePassed(Definite):
    """The caller's deadline passed while the command waited; it was not decided."""

    code = "DEADLINE_PASSED"


class CommandIdReused(Definite):
    """The same command id came before with another method or content."""

    code = "COMMAND_ID_REUSED"


class Defect(Definite):
    """A rule or a fold failed in a way that no rule foresees; nothing was written."""

    code = "DEFECT"


class OutcomeUnknown(EngineError):
    """The commit was sent and its reply is missing; it may have been done."""

    code = "OUTCOME_UNKNOWN"
    retry_after_ms = 1000
