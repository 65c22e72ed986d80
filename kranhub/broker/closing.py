"""Closes at once what kafka-python leaves to the garbage collector when a connection or a client's start fails.

kafka-python 3.0.12 forgets the socket of every attempt to connect that fails or is cancelled, and the selector, the
wake-up sockets and the thread of every client whose bootstrap fails. In a hub that waits for a broker for days they
would accumulate. Both classes are installed by kafka-python's own settings (`CLOSES`), so its code stays unchanged.
"""

import socket
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

_OPENED: WeakKeyDictionary[Any, set[socket.socket]] = WeakKeyDictionary()
"""The sockets that each client's network loop has connected and not closed yet."""


class ClosingSocket(KafkaNetSocket):  # type: ignore[misc]
    """A direct connection without a proxy; kafka-python finds this class by the scheme of ``proxy_url``."""

    SCHEMES = ("kranhub-direct",)

    async def sock_connect(
        self, net: Any, sock: socket.socket, sockaddr: Any, timeout_at: float | None = None
    ) -> socket.socket:
        """Return the connected socket; close it where connecting fails or is cancelled.

        Args:
            net: kafka-python's network loop.
            sock: The socket.
            sockaddr: The address to connect to.
            timeout_at: kafka-python's deadline; None for none.

        Raises:
            BaseException: Whatever made connecting fail.
        """
        try:
            connected: socket.socket = await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
        opened = _OPENED.setdefault(net, set())
        opened.difference_update([each for each in opened if each.fileno() == -1])
        opened.add(connected)
        return connected


class ClosingClient(KafkaNetClient):  # type: ignore[misc]
    """A client that ends its thread and closes its sockets when its first bootstrap fails.

    When it is closed, so is every socket that it has connected: a connection that is given up between connecting and
    its hand-over to kafka-python's own connection is in none of kafka-python's lists.
    """

    def __init__(self, *arguments: Any, **config: Any) -> None:
        """Take the arguments of kafka-python's own client."""
        super().__init__(*arguments, **config)
        self._manager.bootstrap = self._or_closed(self._manager.bootstrap)

    def close(self, node_id: Any = None) -> None:
        """Close the connection to one node; without a node, everything."""
        super().close(node_id)
        if node_id is None:
            for each in _OPENED.pop(self._net, ()):
                each.close()

    def _or_closed(self, bootstrap: Callable[..., None]) -> Callable[..., None]:
        def first(*arguments: Any, **named: Any) -> None:
            try:
                bootstrap(*arguments, **named)
            except BaseException:
                self.close()
                raise
            self._manager.bootstrap = bootstrap

        return first


CLOSES: dict[str, Any] = {"kafka_client": ClosingClient, "proxy_url": f"{ClosingSocket.SCHEMES[0]}://"}
"""Settings for every client of kafka-python; `kranhub.broker.client_settings.kafka_python` includes them."""
