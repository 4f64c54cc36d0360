"""Messages to the database without a driver's cursor around them, as its waits take them.

An append is few messages with much in them; a cursor for each costs several times what they do.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import generators
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from kernel.eventstore.rows import Row

PIECE_BYTES = 1 << 20


def ask(pgconn: PGconn, statements: bytes) -> PQGen[list[PGresult]]:
    """Send statements in one message; the results, of each one.

    It ends behind a COPY FROM STDIN, which waits for its data. Raises psycopg.Error.
    """
    pgconn.send_query(statements)
    yield from generators.send(pgconn)
    results: list[PGresult] = yield from generators.fetch_many(pgconn)
    for result in results:
        if result.status == ExecStatus.FATAL_ERROR:
            raise error_from_result(result)
    return results


def give(pgconn: PGconn, data: bytes) -> PQGen[None]:
    """Send all the data of a COPY, and its end; raises psycopg.Error when it is not taken."""
    for first in range(0, len(data), PIECE_BYTES):
        piece = data[first : first + PIECE_BYTES]
        yield from generators.copy_to(pgconn, piece, flush=len(piece) == PIECE_BYTES)
    yield from generators.copy_end(pgconn, None)


def rows_of_each(results: Sequence[PGresult]) -> list[list[Row]]:
    """The rows, as texts, of each result that has some, or could; None is null."""
    return [
        [
            tuple(
                None if value is None else value.decode()
                for value in (result.get_value(row, column) for column in range(result.nfields))
            )
            for row in range(result.ntuples)
        ]
        for result in results
        if result.status == ExecStatus.TUPLES_OK
    ]
