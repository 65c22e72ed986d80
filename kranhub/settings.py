"""The installation's settings: one class, read from ``KRANHUB_*`` variables and an optional ``.env`` file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kranhub.configuration import text_file, validation_texts
from kranhub.errors import Misconfigured, Unavailable
from kranhub.text import Text

ENV_FILE = ".env"

MasterDataFile = Literal["members_file", "nomenclature_file", "rules_file", "calendars_file", "rates_file"]
"""A setting that names a file of master data."""

MASTER_DATA_FILES: Mapping[MasterDataFile, Text] = {
    "members_file": Text(en="the companies", ru="предприятия"),
    "nomenclature_file": Text(en="items, codes and bills of materials", ru="изделия, коды и спецификации"),
    "rules_file": Text(en="the routing rules", ru="правила маршрутизации"),
    "calendars_file": Text(en="the working calendars", ru="рабочие календари"),
    "rates_file": Text(en="the exchange rates", ru="курсы валют"),
}
"""What each of them holds."""


class Settings(BaseSettings):
    """The installation's settings. Each field is read from the variable ``KRANHUB_<FIELD>``."""

    model_config = SettingsConfigDict(
        env_prefix="KRANHUB_", env_file=ENV_FILE, env_file_encoding="utf-8-sig", extra="ignore"
    )

    def __init__(self, **values: Any) -> None:
        """Read the variables and the file; ``values`` take precedence over both.

        Raises:
            Misconfigured: A value is wrong, or the file is not UTF-8. The text names the variable or the file.
        """
        try:
            super().__init__(**values)
        except UnicodeDecodeError:
            text_file.read(Path(ENV_FILE))  # says which encoding it seems to have
            raise
        except ValidationError as error:
            raise Misconfigured(_mistakes(error)) from None

    namespace: str = Field("prod.", pattern=r"^[a-z0-9-]+\.$", description="prefix of every topic, group, transaction")
    data_dir: Path = Field(Path("kranhub-data"), description="where the embedded stack keeps its data")
    members_file: Path | None = Field(None, description="the companies")
    nomenclature_file: Path | None = Field(None, description="items, codes and bills")
    rules_file: Path | None = Field(None, description="routing rules")
    calendars_file: Path | None = Field(None, description="working calendars")
    rates_file: Path | None = Field(None, description="exchange rates")
    kafka_bootstrap: str | None = Field(None, description="host:port,… of an external Kafka")
    kafka_security_protocol: str = Field("PLAINTEXT", pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$")
    kafka_sasl_mechanism: str | None = None
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: Path | None = None
    stack: str = Field("embedded", pattern="^(embedded|docker)$", description="what `kranhub up` starts")
    registry_url: str | None = Field(None, description="Confluent-compatible API of an external schema registry")
    readmodel_url: str | None = Field(None, description="SQLAlchemy URL of the read model; a SQLite file by default")
    work_partitions: int = Field(
        6,
        ge=1,
        le=512,
        description="partitions of the core's topics: the most workers that can share a stage; 24 "
        "outside the embedded broker. Fixed once the topics exist",
    )
    tick_s: int = Field(10, ge=1, description="seconds between two ticks of the hub's clock, on which deadlines hang")
    state_limit_mb: int = Field(2048, ge=1, description="most memory of one stage's state in one process, in MB")
    lag_limit_s: int = Field(
        300, ge=1, description="how long a record may wait, or an ERP not be looked at, before `kranhub status` says so"
    )
    metrics_host: str = Field(
        "127.0.0.1", description="address on which /metrics listens; 0.0.0.0 for a Prometheus elsewhere"
    )
    replication: int = Field(1, ge=1, description="3 outside the embedded broker")

    def required(self, file: MasterDataFile) -> Path:
        """Return the path of a file of master data that is needed now.

        Args:
            file: The setting that names the file.

        Returns:
            The path as it was set; whether there is such a file is found out by whoever reads it.

        Raises:
            Misconfigured: The setting is not set. The text names the variable and gives an example.
        """
        path: Path | None = getattr(self, file)
        if path is None:
            raise Misconfigured(_not_set(file))
        return path


def _not_set(file: MasterDataFile) -> Text:
    name, what = f"KRANHUB_{file.upper()}", MASTER_DATA_FILES[file]
    example = f"{name}=/srv/kranhub/{file.removesuffix('_file')}.yaml"
    return Text(
        en=f"{name} is not set; it names the file of {what.en}. Set it in the environment or in {ENV_FILE}, for "
        f"example {example}",
        ru=f"Не задана {name}: в этом файле {what.ru}. Задайте её в окружении или в файле {ENV_FILE}, например "
        f"{example}",
    )


def _mistakes(error: ValidationError) -> Text:
    """Return what is wrong with the variables, without their values: one of them may be a password."""
    found = [
        (f"KRANHUB_{'_'.join(str(part) for part in item['loc']).upper()}", validation_texts.text(item))
        for item in error.errors(include_input=False)
    ]
    return Text(
        en="\n".join(f"{name}: {what.en}" for name, what in found)
        + f"\nCorrect these variables, or their lines in {ENV_FILE}, and try again.",
        ru="\n".join(f"{name}: {what.ru}" for name, what in found)
        + f"\nИсправьте эти переменные или их строки в файле {ENV_FILE} и повторите.",
    )


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of the broker (``host:port,…``) and of the registry (base URL of the Confluent API)."""

    bootstrap: str
    registry_url: str


def stack_file(settings: Settings) -> Path:
    """Return the file in which the running stack (embedded or container) records its addresses."""
    return settings.data_dir / "stack.json"


def endpoints(settings: Settings) -> Endpoints:
    """Return the addresses in the settings, or else those of the running stack.

    Raises:
        Misconfigured: Neither is known.
        Unavailable: The stack is being started.
    """
    if settings.kafka_bootstrap and settings.registry_url:
        return Endpoints(settings.kafka_bootstrap, settings.registry_url)
    stack: dict[str, Any] = {}
    try:
        stack = json.loads(stack_file(settings).read_text(encoding="utf-8"))
        return Endpoints(stack["bootstrap"], stack["registry_url"])
    except (OSError, ValueError, KeyError):
        if stack.get("starting"):
            raise Unavailable(
                Text(
                    en="Kafka and the registry are being started. Wait for that; if nobody does it, run `kranhub up`.",
                    ru="Kafka и реестр запускаются. Подождите; если их никто не запускает, выполните `kranhub up`.",
                )
            ) from None
        raise Misconfigured(
            Text(
                en="No Kafka is known here. Run `kranhub up`, or set KRANHUB_KAFKA_BOOTSTRAP and KRANHUB_REGISTRY_URL.",
                ru="Нет Kafka: выполните `kranhub up` или задайте KRANHUB_KAFKA_BOOTSTRAP и KRANHUB_REGISTRY_URL.",
            )
        ) from None


def is_external(settings: Settings) -> bool:
    """Return whether the settings name both a broker and a registry.

    Raises:
        Misconfigured: They name only one of the two.
    """
    named = [bool(settings.kafka_bootstrap), bool(settings.registry_url)]
    if any(named) and not all(named):
        raise Misconfigured(
            Text(
                en="Set both KRANHUB_KAFKA_BOOTSTRAP and KRANHUB_REGISTRY_URL, or neither.",
                ru="Задайте и KRANHUB_KAFKA_BOOTSTRAP, и KRANHUB_REGISTRY_URL, либо ни одного из них.",
            )
        )
    return all(named)


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment variables that give another process the same brokers, namespace and files.

    Raises:
        Misconfigured: No Kafka is known, as for `endpoints`.
        Unavailable: The stack is being started.
    """
    where = endpoints(settings)
    return {
        "KRANHUB_NAMESPACE": settings.namespace,
        "KRANHUB_DATA_DIR": str(settings.data_dir),
        **{f"KRANHUB_{name.upper()}": str(path) for name in MASTER_DATA_FILES if (path := getattr(settings, name))},
        "KRANHUB_KAFKA_BOOTSTRAP": where.bootstrap,
        "KRANHUB_REGISTRY_URL": where.registry_url,
    }
