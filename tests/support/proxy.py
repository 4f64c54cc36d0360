"""A small TCP proxy in front of PostgreSQL that loses things at the worst moment.

It reads the frames of the wire protocol, so it knows a COMMIT when it sees one. TLS and GSS
encryption are declined in the server's name, or nothing could be read.
Source: PostgreSQL manual, "Frontend/Backend Protocol", message formats.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from enum import Enum
from types import TracebackType

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_ENCRYPTION_REQUESTS = (80877103, 80877104)
_COPY_DATA = b"d"
_PARSE = b"P"
_QUERY = b"Q"
_READY_FOR_QUERY = b"Z"


class Loss(Enum):
    """What gets lost, and whether the connection ends or only falls silent."""

    COMMIT_REPLY_CLOSED = "COMMIT is done; instead of its reply the connection ends"
    COMMIT_REPLY_SILENT = "COMMIT is done; its reply never comes, the connection stays open"
    COMMIT_CLOSED = "the connection ends just before COMMIT gets through"
    COMMIT_SILENT = "COMMIT never gets through, the connection stays open"
    COPY_CLOSED = "the connection ends in the middle of the rows of a batch"
    SILENCE = "nothing gets through in either direction, nothing ends"


_AT_COMMIT = (
    Loss.COMMIT_REPLY_CLOSED,
    Loss.COMMIT_REPLY_SILENT,
    Loss.COMMIT_CLOSED,
    Loss.COMMIT_SILENT,
)


class LossyProxy:
    """Listens on a port of 127.0.0.1 and passes everything on, until it is armed.

    ``dsn`` is the target's with the proxy's address in it. Use it as a context manager.
    """

    def __init__(self, target_dsn: str) -> None:
        parameters = conninfo_to_dict(target_dsn)
        self._target = (str(parameters.get("host")), int(parameters.get("port") or 5432))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.dsn = make_conninfo(target_dsn, host="127.0.0.1", hostaddr=None, port=self.port)
        self._lock = threading.Lock()
        self._loss: Loss | None = None
        self._left = 0
        self._within = ""
        self._links: set[_Link] = set()
        self._lost = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._accept, name="lossy-proxy", daemon=True)

    def __enter__(self) -> LossyProxy:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.cut()

    def arm(self, loss: Loss, *, times: int = 1, within: str = "") -> None:
        """Lose the next ``times`` occasions; with ``within``, only in transactions that said it."""
        with self._lock:
            self._loss, self._left, self._within = loss, times, within

    def heal(self) -> None:
        """Lose nothing more. Connections that had fallen silent end."""
        with self._lock:
            self._loss, self._left = None, 0
            silent = [link for link in self._links if link.is_silent]
        for link in silent:
            link.close()

    def cut(self) -> None:
        """End every connection now."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.close()

    def wait_for_loss(self, seconds: float) -> bool:
        """Wait until something was lost that no earlier call has been told of."""
        return self._lost.acquire(timeout=seconds)

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all gets through."""
        return self._loss is Loss.SILENCE

    def claim(self, losses: tuple[Loss, ...], statements: str) -> Loss | None:
        """Whether this occasion is to be lost, and how; used by the links."""
        with self._lock:
            if self._loss not in losses or self._left <= 0 or self._within not in statements:
                return None
            self._left -= 1
            return self._loss

    def lost(self) -> None:
        """Told by a link when the loss has happened."""
        self._lost.release()

    def forget(self, link: _Link) -> None:
        """Told by a link when it has ended."""
        with self._lock:
            self._links.discard(link)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            link = _Link(self, client, server)
            with self._lock:
                self._links.add(link)
            link.start()


class _Link:
    """One connection through the proxy: two threads, one for each direction."""

    def __init__(self, proxy: LossyProxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._statements = ""
        self._losing: Loss | None = None
        self.is_silent = False

    def start(self) -> None:
        for pump in (self._to_server, self._to_client):
            threading.Thread(target=self._guarded, args=[pump], daemon=True).start()

    def close(self) -> None:
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._proxy.forget(self)

    def _guarded(self, pump: Callable[[], None]) -> None:
        try:
            pump()
        except OSError:
            pass
        finally:
            if not self.is_silent:  # or the other end would hear of the end
                self.close()

    def _to_server(self) -> None:
        self._forward_startup()
        while True:
            kind, message = _message(self._client)
            self._note(kind, message)
            if kind == _COPY_DATA and self._proxy.claim((Loss.COPY_CLOSED,), self._statements):
                self._server.sendall(message[: len(message) // 2])
                self._proxy.lost()
                return
            if _is_commit(kind, message):
                self._losing = self._proxy.claim(_AT_COMMIT, self._statements)
                self._statements = ""
                if self._losing in (Loss.COMMIT_CLOSED, Loss.COMMIT_SILENT):
                    self._lose()
            self._pass(self._server, message)

    def _to_client(self) -> None:
        while True:
            kind, message = _message(self._server)
            if self._losing is None:
                self._pass(self._client, message)
            elif kind == _READY_FOR_QUERY:
                self._lose()

    def _lose(self) -> None:
        """The moment of the loss: the connection ends, or falls silent."""
        if self._losing in (Loss.COMMIT_REPLY_SILENT, Loss.COMMIT_SILENT):
            self.is_silent = True
            self._proxy.lost()
        else:
            self.close()
            self._proxy.lost()
            raise ConnectionAbortedError

    def _pass(self, to: socket.socket, message: bytes) -> None:
        if self._proxy.is_silent:
            self.is_silent = True
        if not self.is_silent:
            to.sendall(message)

    def _note(self, kind: bytes, message: bytes) -> None:
        """Remember what the transaction said."""
        if kind in (_QUERY, _PARSE):
            self._statements += message[5:].decode(errors="replace")

    def _forward_startup(self) -> None:
        """The first packets have no type; encryption is declined, the rest passed on."""
        while True:
            length = _exactly(self._client, 4)
            packet = length + _exactly(self._client, struct.unpack("!i", length)[0] - 4)
            if struct.unpack("!i", packet[4:8])[0] not in _ENCRYPTION_REQUESTS:
                return self._pass(self._server, packet)
            self._pass(self._client, b"N")


def _is_commit(kind: bytes, message: bytes) -> bool:
    """Whether a frame asks for COMMIT, as a simple query or as a statement to parse."""
    if kind == _QUERY:
        text = message[5:]
    elif kind == _PARSE:
        text = message[5:].partition(b"\0")[2]
    else:
        return False
    return text.lstrip().upper().startswith(b"COMMIT")


def _message(end: socket.socket) -> tuple[bytes, bytes]:
    """Type and whole frame of the next message."""
    header = _exactly(end, 5)
    return header[:1], header + _exactly(end, struct.unpack("!i", header[1:])[0] - 4)


def _exactly(end: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        part = end.recv(count - len(received))
        if not part:
            raise ConnectionAbortedError
        received += part
    return bytes(received)
