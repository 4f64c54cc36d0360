"""What goes wrong, as one line on standard error and an exit code.

====  ==============================================================================
code  means
====  ==============================================================================
0     done, and what was asked to be proved holds
1     a no: refused, not clean, not sealed, unexpected answers, a file that is wrong
2     a command line that cannot be understood
3     nothing could be asked: settings, database, tables or server are not in order
130   ended by Ctrl-C; every command may be given again
====  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import psycopg
import pydantic
import sqlalchemy.exc
import typer
from rich.text import Text

from adapters.cli.client import CallRefused
from adapters.cli.output import errors
from adapters.database.guards import DatabaseUnfit
from adapters.database.keeper import ServerFailed
from adapters.rpc.security import UnsafeDevelopmentMode
from adapters.rpc.server import CannotListen
from kernel.common.refusals import InvalidInput, Refusal
from kernel.eventstore.errors import LogError

NO, NOT_IN_ORDER, INTERRUPTED = 1, 3, 130
SILENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
EXIT_CODES = (
    "Exit codes: 0 done; 1 a no (refused, not clean, a file that is wrong); 2 a command line that "
    "cannot be understood; 3 settings, database, tables or server are not in order; 130 Ctrl-C."
)


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn what went wrong into its lines and its exit code; defects keep their traceback."""
    try:
        yield
    except KeyboardInterrupt:
        errors.print("ended by Ctrl-C", highlight=False)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        code, said = _told(error)
        if not said:
            raise
        for name, text in said:
            errors.print(Text.assemble((name, "red"), f" {text}"))
        raise typer.Exit(code) from None


def _told(error: Exception) -> tuple[int, list[tuple[str, str]]]:
    """Exit code and lines of code and text; no line for what is a defect."""
    match error:
        case Refusal():
            return NO, [(error.code, str(error))]
        case InvalidInput():
            return NO, [("INVALID_INPUT", f"{path}: {why}") for path, why in error.violations]
        case CallRefused():
            fields = [(error.reason, f"{path}: {why}") for path, why in error.violations]
            said = fields or [(error.reason, error.message)]
            return NOT_IN_ORDER if error.status in SILENT else NO, said
        case pydantic.ValidationError() if error.title == "Settings":
            return NOT_IN_ORDER, [
                ("SETTING", f"COREBANK_{str(each['loc'][0]).upper()}: {each['msg']}")
                for each in error.errors()
            ]
        case pydantic.ValidationError() if error.title == "Credentials":
            return NOT_IN_ORDER, [("CREDENTIALS", _line(error))]
        case DatabaseUnfit() | ServerFailed() | UnsafeDevelopmentMode() | CannotListen():
            return NOT_IN_ORDER, [(_name(error), str(error))]
        case LogError():
            return NOT_IN_ORDER, [(_name(error), _line(error))]
        case psycopg.OperationalError():
            return NOT_IN_ORDER, [("DATABASE_UNAVAILABLE", _line(error))]
        case sqlalchemy.exc.OperationalError():
            return NOT_IN_ORDER, [("DATABASE_UNAVAILABLE", _line(error.orig or error))]
        case grpc.FutureTimeoutError():
            return NOT_IN_ORDER, [("SERVER_UNREACHABLE", "no server answers at the target")]
        case OSError() if error.filename is not None:
            return NO, [("FILE", f"{error.filename}: {error.strerror}")]
        case _:
            return NO, []


def _name(error: Exception) -> str:
    """``SchemaUnknown`` is SCHEMA_UNKNOWN."""
    words = "".join(f"_{each}" if each.isupper() else each for each in type(error).__name__)
    return words.lstrip("_").upper()


def _line(error: BaseException) -> str:
    """The first line: what a driver says below it is advice to its own users."""
    return str(error).partition("\n")[0]
