"""Kafka's client settings and security in one place, for kafka-python and for librdkafka."""

from typing import Any

from kranhub.broker.closing import CLOSES
from kranhub.settings import Settings, endpoints


def kafka_python(settings: Settings) -> dict[str, Any]:
    """Return the connection settings for kafka-python's clients (connectors, administration, reading for people).

    Raises:
        Misconfigured: No Kafka is known, as for `endpoints`.
        Unavailable: The stack is being started.
    """
    config: dict[str, Any] = {
        "bootstrap_servers": endpoints(settings).bootstrap.split(","),
        "security_protocol": settings.kafka_security_protocol,
        **CLOSES,
    }
    if settings.kafka_ca_file:
        config["ssl_cafile"] = str(settings.kafka_ca_file)
    if settings.kafka_sasl_mechanism:
        config["sasl_mechanism"] = settings.kafka_sasl_mechanism
        config["sasl_plain_username"] = settings.kafka_username
        config["sasl_plain_password"] = _password(settings)
    return config


def librdkafka(settings: Settings) -> dict[str, Any]:
    """Return the connection settings for confluent-kafka's clients (the core).

    Raises:
        Misconfigured: No Kafka is known, as for `endpoints`.
        Unavailable: The stack is being started.
    """
    config: dict[str, Any] = {
        "bootstrap.servers": endpoints(settings).bootstrap,
        "security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_ca_file:
        config["ssl.ca.location"] = str(settings.kafka_ca_file)
    if settings.kafka_sasl_mechanism:
        config["sasl.mechanism"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_username
        config["sasl.password"] = _password(settings)
    return config


def _password(settings: Settings) -> str | None:
    return settings.kafka_password.get_secret_value() if settings.kafka_password else None
