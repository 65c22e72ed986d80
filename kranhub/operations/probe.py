"""Checks that a broker and a registry really answer."""

import socket
from contextlib import suppress
from typing import Any

import httpx
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from kranhub import redaction
from kranhub.broker import client_settings as clients
from kranhub.errors import Unavailable
from kranhub.settings import Settings
from kranhub.text import Text

TIMEOUT_SECONDS = 5.0


def broker(settings: Settings, bootstrap: str) -> list[str]:
    """Return the names of all topics.

    Args:
        settings: The installation's settings, for the account.
        bootstrap: The brokers' addresses, ``host:port,…``.

    Raises:
        Unavailable: No broker answers.
    """
    if not any(_connects(address) for address in bootstrap.split(",")):
        raise _broker_away(bootstrap)
    there = settings.model_copy(update={"kafka_bootstrap": bootstrap, "registry_url": "unused"})
    config: dict[str, Any] = clients.kafka_python(there)
    try:
        client = KafkaAdminClient(**config, client_id="kranhub-probe", bootstrap_timeout_ms=TIMEOUT_SECONDS * 1000)
        try:
            if not client.describe_cluster()["brokers"]:
                raise _broker_away(bootstrap)
            return sorted(client.list_topics())
        finally:
            client.close()
    except KafkaError:
        raise _broker_away(bootstrap) from None


def registry(url: str) -> int:
    """Return how many subjects the registry holds.

    Raises:
        Unavailable: The registry does not answer.
    """
    with suppress(httpx.HTTPError, ValueError):
        answer = httpx.get(f"{url.rstrip('/')}/subjects", timeout=TIMEOUT_SECONDS)
        if answer.is_success:
            return len(answer.json())
    shown = redaction.shown(url)
    raise Unavailable(
        Text(
            en=f"The schema registry at {shown} does not answer. Run `kranhub up`, or check KRANHUB_REGISTRY_URL.",
            ru=f"Реестр схем {shown} не отвечает. Выполните `kranhub up` или проверьте KRANHUB_REGISTRY_URL.",
        )
    )


def _connects(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=TIMEOUT_SECONDS):
            return True
    except (OSError, ValueError):
        return False


def _broker_away(bootstrap: str) -> Unavailable:
    return Unavailable(
        Text(
            en=f"Kafka at {bootstrap} does not answer. Run `kranhub up`, or check KRANHUB_KAFKA_BOOTSTRAP.",
            ru=f"Kafka {bootstrap} не отвечает. Выполните `kranhub up` или проверьте KRANHUB_KAFKA_BOOTSTRAP.",
        )
    )
