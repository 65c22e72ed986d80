"""A loopback forwarder in front of a server, that can cut the line, fall silent or answer nonsense."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Literal

Mode = Literal["forward", "cut", "silent", "garbage"]
NONSENSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\nConnection: close\r\n\r\n<html>what?\n"


class Proxy:
    """Listens on a free port while the context lasts."""

    def __init__(self, port: int) -> None:
        self.target: int = port
        self.mode: Mode = "forward"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Its address for an HTTP client."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._cut()

    @contextmanager
    def being(self, mode: Mode) -> Iterator[None]:
        """Behave like this inside the context; open connections are cut, or where it is silent, hear nothing more."""
        self.mode = mode
        if mode != "silent":
            self._cut()
        try:
            yield
        finally:
            self.mode = "forward"
            self._cut()

    def _cut(self) -> None:
        for line in list(self._open):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            if self.mode == "garbage":
                client.recv(65_536)
                client.sendall(NONSENSE)
            elif self.mode == "silent":
                self._swallow(client)
            elif self.mode == "forward":
                with closing(socket.create_connection(("127.0.0.1", self.target))) as server:
                    self._pump_both(client, server)

    def _pump_both(self, client: socket.socket, server: socket.socket) -> None:
        both = {client, server}
        self._open |= both
        answers = threading.Thread(target=self._pump, args=(server, client), daemon=True)
        answers.start()
        self._pump(client, server)
        answers.join()
        self._open -= both

    def _swallow(self, client: socket.socket) -> None:
        """Take what comes and never answer, until the line is cut."""
        self._open.add(client)
        while client.recv(65_536):
            pass
        self._open.discard(client)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.mode != "silent":
                    target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
