"""A client of the schema registry's Confluent HTTP API, which both Apicurio and Confluent offer."""

import json
from threading import Lock
from types import TracebackType
from typing import Any, Self

import fastavro
import httpx

from kranhub import redaction
from kranhub.errors import DocumentCode, InvalidDocument, Misconfigured, Unavailable
from kranhub.text import Text
from kranhub.wire import schema_files, schema_lint
from kranhub.wire.schema_files import Schema

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class Registry:
    """A client with a cache: ids and schemas never change once they are assigned. Thread-safe."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        """Take the base URL of the Confluent-compatible API, and for tests a transport. Connects to nothing yet."""
        self.url = url.rstrip("/")
        self._shown, self._bare = redaction.shown(self.url), redaction.bare(self.url)
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Accept": _MEDIA_TYPE, "Content-Type": _MEDIA_TYPE},
            timeout=15,
            transport=transport,
        )
        self._schemas: dict[int, Any] = {}
        self._ids: dict[str, int] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def uri(self, schema_id: int) -> str:
        """Return the URI at which everybody finds a schema by its id, without a password."""
        return f"{self._bare}/schemas/ids/{schema_id}"

    def schema(self, schema_id: int) -> Any:
        """Return the writer's schema of an id, parsed.

        Raises:
            InvalidDocument: With code ``unknown-schema-id``: the registry does not know the id.
            Unavailable: The registry is away.
            Misconfigured: What answers is no schema registry.
        """
        with self._lock:
            if schema_id not in self._schemas:
                answer = self._call("GET", f"/schemas/ids/{schema_id}")
                if answer.status_code == httpx.codes.NOT_FOUND:
                    raise InvalidDocument(DocumentCode.UNKNOWN_SCHEMA_ID, _unknown_id(schema_id))
                self._schemas[schema_id] = fastavro.parse_schema(
                    json.loads(self._ok(answer)["schema"]), named_schemas={}
                )
            return self._schemas[schema_id]

    def id_of(self, record: str) -> int:
        """Return the id of the hub's own schema of this record.

        Raises:
            Misconfigured: The schema is not registered, or what answers is no schema registry.
            Unavailable: The registry is away.
        """
        with self._lock:
            if record not in self._ids:
                body = {"schema": json.dumps(schema_files.load_all()[record])}
                answer = self._call("POST", f"/subjects/{schema_files.subject(record)}", body)
                if answer.status_code == httpx.codes.NOT_FOUND:
                    raise Misconfigured(_unregistered(record, self._shown))
                self._ids[record] = int(self._ok(answer)["id"])
            return self._ids[record]

    def versions(self, record: str) -> list[Schema]:
        """Return every registered version of a record's schema, oldest first; empty where there is none.

        Raises:
            Misconfigured: What answers is no schema registry.
            Unavailable: The registry is away.
        """
        path = f"/subjects/{schema_files.subject(record)}/versions"
        answer = self._call("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        return [json.loads(self._ok(self._call("GET", f"{path}/{number}"))["schema"]) for number in self._ok(answer)]

    def register(self, schema: Schema) -> int:
        """Register a schema as the next version and return its id; the same schema again gives the same id.

        Raises:
            Misconfigured: The lint or the registry's FULL_TRANSITIVE check refuses the schema, or what answers is no
                schema registry.
            Unavailable: The registry is away.
        """
        record = schema["name"]
        mistakes = schema_lint.lint(schema)
        for old in self.versions(record):
            mistakes += schema_lint.compare(old, schema)
        if mistakes:
            raise Misconfigured(_refused(record, "; ".join(mistakes)))
        answer = self._call(
            "POST", f"/subjects/{schema_files.subject(record)}/versions", {"schema": json.dumps(schema)}
        )
        if answer.status_code == httpx.codes.CONFLICT:
            raise Misconfigured(_refused(record, "incompatible under FULL_TRANSITIVE"))
        return int(self._ok(answer)["id"])

    def require_full_transitive(self) -> None:
        """Make the registry refuse every change that an old or a new reader could not read.

        Raises:
            Misconfigured: What answers is no schema registry.
            Unavailable: The registry is away.
        """
        self._ok(self._call("PUT", "/config", {"compatibility": "FULL_TRANSITIVE"}))

    def _call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.TransportError:
            raise Unavailable(_away(self._shown)) from None
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise Unavailable(_away(self._shown))
        return answer

    def _ok(self, answer: httpx.Response) -> Any:
        try:
            answer.raise_for_status()
            return answer.json()
        except (httpx.HTTPStatusError, ValueError):
            raise Misconfigured(_strange(self._shown, answer.status_code)) from None


def publish(registry: Registry) -> list[str]:
    """Register every schema of the shared language and return their subjects. Only the hub does this.

    Raises:
        Misconfigured: A schema is refused, or what answers is no schema registry.
        Unavailable: The registry is away.
    """
    registry.require_full_transitive()
    for schema in schema_files.load_all().values():
        registry.register(schema)
    return [schema_files.subject(record) for record in schema_files.load_all()]


def _unknown_id(schema_id: int) -> Text:
    return Text(
        en=f"The record names schema {schema_id}, which the registry does not know. Only the hub registers schemas: "
        "write with the hub's schema, or restore the registry from its backup.",
        ru=f"Запись ссылается на схему {schema_id}, которой нет в реестре. Схемы регистрирует только центр: "
        "пишите по схеме центра или восстановите реестр из резервной копии.",
    )


def _unregistered(record: str, url: str) -> Text:
    return Text(
        en=f"The registry at {url} does not hold our schema of {record}. Run `kranhub up`: it publishes them.",
        ru=f"В реестре {url} нет нашей схемы {record}. Выполните `kranhub up`: команда публикует схемы.",
    )


def _refused(record: str, why: str) -> Text:
    return Text(
        en=f"The schema of {record} is refused: {why}. Add an optional field instead of changing a field.",
        ru=f"Схема {record} отклонена: {why}. Вместо изменения поля добавьте необязательное поле.",
    )


def _away(url: str) -> Text:
    return Text(
        en=f"The schema registry at {url} does not answer. Run `kranhub status`, then `kranhub up`.",
        ru=f"Реестр схем {url} не отвечает. Выполните `kranhub status`, затем `kranhub up`.",
    )


def _strange(url: str, status: int) -> Text:
    return Text(
        en=f"{url} answered {status}, not as a schema registry. "
        "Check KRANHUB_REGISTRY_URL (for Apicurio: …/apis/ccompat/v7).",
        ru=f"{url} ответил {status}, не как реестр схем. "
        "Проверьте KRANHUB_REGISTRY_URL (для Apicurio: …/apis/ccompat/v7).",
    )
