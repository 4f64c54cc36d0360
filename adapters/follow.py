"""Program of the follower's process: keeps one ledger's read models and entity index up.

The ledger is that of the settings (``COREBANK_DATABASE_URL``, ``COREBANK_SCHEMA_NAME``). A byte at
standard input says that the log has grown; its end, that whoever started the program is gone: then
it ends at once, and the database rolls back the round under way.
"""

from __future__ import annotations

import os
import threading

from adapters.cell import tune_process
from adapters.database import Database
from adapters.settings import Settings, log_as_json
from kernel.eventstore.indexer import Indexer
from kernel.eventstore.postgres import PostgresLog
from kernel.projections.follower import Follower

HINTS_AT_ONCE = 65_536


def follow(url: str, schema: str) -> None:
    """Follow until standard input ends, which ends the process."""
    sql = Database(url, schema).sqlalchemy_engine(pool_size=1)
    follower = Follower(sql, PostgresLog(url, schema))
    threading.Thread(target=_listen, args=(follower,), daemon=True).start()
    Indexer(url, schema).start()
    tune_process()
    follower.run()


def _listen(follower: Follower) -> None:
    while os.read(0, HINTS_AT_ONCE):
        follower.wake()
    os._exit(0)


if __name__ == "__main__":
    log_as_json()
    settings = Settings()
    assert settings.database_url is not None, "the server gives the address of its database"
    follow(settings.database_url, settings.schema_name)
