"""Which process writes: the holder of the lease; the others wait as standby and take over."""

from __future__ import annotations

import threading

import structlog

from kernel.application.engine import Engine
from kernel.eventstore.lease import Lease

PROBE_SECONDS = 0.5

log_ = structlog.get_logger(__name__)


class WriterWatch:
    """Probes the lease and tells the engine to take over or to stand down."""

    def __init__(self, engine: Engine, lease: Lease) -> None:
        self._engine = engine
        self._lease = lease
        self._abstains = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer-watch", daemon=True)

    def abstain(self) -> None:
        """Never take the lease: this process only reads. To be called before the start."""
        self._abstains = True

    def start(self) -> None:
        """Probe once at once (so that a lone process writes from the start), then regularly."""
        self._probe()
        self._thread.start()

    def stop(self) -> None:
        """Stop probing and give the lease up, so that a standby takes over without waiting."""
        self._stop.set()
        self._thread.join()
        self._lease.release()

    def _run(self) -> None:
        while not self._stop.wait(PROBE_SECONDS):
            self._probe()

    def _probe(self) -> None:
        held = not self._abstains and self._lease.hold()
        if held and not self._engine.is_writer:
            log_.info("writer.taken_over")
            self._engine.take_over()
        elif not held and self._engine.is_writer:
            log_.warning("writer.stood_down")
            self._engine.stand_down()
