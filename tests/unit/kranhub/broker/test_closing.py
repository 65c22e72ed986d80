"""A Kafka client that cannot start leaves no socket and no thread behind: a hub may wait for its broker for days."""

import contextlib
import gc
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.errors import KafkaError
from kafka.net import inet

from kranhub.broker.client_settings import kafka_python
from kranhub.broker.closing import CLOSES, ClosingClient
from kranhub.settings import Settings

CLIENTS = [KafkaProducer, KafkaConsumer, KafkaAdminClient]


@contextlib.contextmanager
def listener(backlog: int = 8) -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=backlog) as server:
        yield server.getsockname()[1]


def leaks(attempt: Callable[[], Any]) -> list[str]:
    """Return what an attempt leaves to the garbage collector, and its threads."""
    gc.collect()
    before = set(threading.enumerate())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        attempt()
        gc.collect()
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()]
    return [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)] + left


def start(client: Any, port: int, **config: Any) -> Callable[[], None]:
    def attempt() -> None:
        with pytest.raises(KafkaError):
            client(bootstrap_timeout_ms=400, bootstrap_servers=f"127.0.0.1:{port}", **config)

    return attempt


def closing(port: int) -> dict[str, Any]:
    found = kafka_python(Settings(kafka_bootstrap=f"127.0.0.1:{port}", registry_url="http://127.0.0.1:1"))
    del found["bootstrap_servers"]
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_a_broker_that_refuses_leaves_nothing_behind(client: Any) -> None:
    with listener() as port:
        pass  # closed again: nobody listens there
    assert leaks(start(client, port, **closing(port))) == []


@pytest.mark.parametrize("client", CLIENTS)
def test_a_broker_that_never_answers_leaves_nothing_behind(client: Any) -> None:
    with listener() as port:
        assert leaks(start(client, port, **closing(port))) == []


@pytest.mark.process
def test_kafka_python_itself_still_leaves_them() -> None:
    """The day this fails, kafka-python closes by itself and `kranhub.broker.closing` can go."""
    with listener() as port:
        pass
    script = f"import kafka; kafka.KafkaProducer(bootstrap_servers='127.0.0.1:{port}', bootstrap_timeout_ms=400)"
    command = [sys.executable, "-W", "always", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "KafkaTimeoutError" in done.stderr
    assert "ResourceWarning: unclosed" in done.stderr


def test_a_connection_that_nobody_took_over_is_closed_with_its_client() -> None:
    with listener() as port:
        client = ClosingClient(**CLOSES, bootstrap_servers=f"127.0.0.1:{port}")
        connecting = inet.create_connection(client._net, "127.0.0.1", port, proxy_url=CLOSES["proxy_url"])
        connected = client._net.run(lambda: connecting)  # and then its task is cancelled
        assert connected.fileno() != -1
        client.close()
        assert connected.fileno() == -1
