"""A person's access to a Tryton: JSON-RPC as its own client uses it. Shares no code with the hub's connector."""

import base64
import datetime as dt
import itertools
import json
from decimal import Decimal
from typing import Any, Self

import httpx

from kranhub.errors import Failed, Unavailable
from kranhub.text import Text

TIMEOUT_SECONDS = 120.0


class Rpc:
    """One user's session in one database. Also a context manager."""

    def __init__(self, url: str, database: str, user: str, password: str) -> None:
        """Log in. Raises `Unavailable` while the server does not answer and `Failed` when it refuses."""
        self.database = database
        self.context: dict[str, Any] = {}
        self._ids = itertools.count(1)
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
        uid, token = self._post("common.db.login", [user, {"password": password}, "en"])[:2]
        self._http.headers["Authorization"] = "Session " + base64.b64encode(f"{user}:{uid}:{token}".encode()).decode()
        self.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def refresh(self) -> None:
        """Take over the user's preferences (company, language) into the context of every call."""
        self.context = self._post("model.res.user.get_preferences", [True, {}])

    def call(self, model: str, method: str, *parameters: Any, **context: Any) -> Any:
        """Call a method of a model, with the user's context last.

        Args:
            model: The model's name.
            method: Its method.
            parameters: What the method takes before the context.
            context: What to add to the user's context.

        Raises:
            Failed: With Tryton's message.
        """
        return self._post(f"model.{model}.{method}", [*parameters, {**self.context, **context}])

    def search(self, model: str, domain: list[Any], fields: list[str], **context: Any) -> list[dict[str, Any]]:
        """Return the records that fit the domain, oldest first.

        Args:
            model: The model's name.
            domain: Tryton's search domain.
            fields: The fields to read.
            context: What to add to the user's context.

        Raises:
            Failed: With Tryton's message.
        """
        found: list[dict[str, Any]] = self.call(
            model, "search_read", domain, 0, None, [["id", "ASC"]], fields, **context
        )
        return found

    def one(self, model: str, domain: list[Any], *fields: str) -> dict[str, Any]:
        """Return the first record that fits the domain.

        Args:
            model: The model's name.
            domain: Tryton's search domain.
            fields: The fields to read beside the id.

        Raises:
            Failed: When there is none, or with Tryton's message.
        """
        for record in self.search(model, domain, ["id", *fields]):
            return record
        raise _failed(f"no {model} with {domain}")

    def create(self, model: str, **values: Any) -> int:
        """Create one record and return its id."""
        return int(self.call(model, "create", [values])[0])

    def write(self, model: str, record: int, **values: Any) -> None:
        """Change one record."""
        self.call(model, "write", [record], values)

    def press(self, model: str, button: str, record: int) -> None:
        """Press a button of a record.

        Args:
            model: The model's name.
            button: The button's name.
            record: The record's id.

        Raises:
            Failed: With Tryton's message.
        """
        self.call(model, button, [record])

    def wizard(self, name: str, *steps: tuple[str, dict[str, Any]]) -> None:
        """Go through a wizard: every step is the state to execute and the form as ``{view: {field: value}}``."""
        session = self._post(f"wizard.{name}.create", [self.context])[0]
        for state, form in steps:
            self._post(f"wizard.{name}.execute", [session, form, state, self.context])
        self._post(f"wizard.{name}.delete", [session, self.context])

    def on_change(self, model: str, values: dict[str, Any], *names: str) -> dict[str, Any]:
        """Return the values with what Tryton fills in after these fields were changed."""
        changed: dict[str, Any] = self.call(model, "on_change", values, list(names))
        return {name: value for name, value in (values | changed).items() if not name.endswith(".")}

    def _post(self, method: str, parameters: list[Any]) -> Any:
        body = json.dumps({"id": next(self._ids), "method": method, "params": parameters}, default=_encode)
        try:
            answer = self._http.post(
                f"/{self.database}/rpc/", content=body, headers={"Content-Type": "application/json"}
            )
        except httpx.TransportError as error:
            raise _away(type(error).__name__) from None
        if answer.status_code != httpx.codes.OK:
            raise _failed(f"HTTP {answer.status_code} to {method}")
        result = json.loads(answer.text, object_hook=_decode)
        if "error" in result:
            raise _failed(f"{method}: {result['error']}")
        return result["result"]


def _encode(value: Any) -> Any:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case dt.timedelta():
            return {"__class__": "timedelta", "seconds": value.total_seconds()}
        case dt.date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(type(value).__name__)


def _decode(value: dict[str, Any]) -> Any:
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return dt.date(value["year"], value["month"], value["day"])
        case "datetime":
            clock = dt.time(value["hour"], value["minute"], value["second"], value["microsecond"])
            return dt.datetime.combine(dt.date(value["year"], value["month"], value["day"]), clock, dt.UTC)
        case "timedelta":
            return dt.timedelta(seconds=value["seconds"])
    return value


def _away(what: str) -> Unavailable:
    return Unavailable(
        Text(
            en=f"Tryton does not answer ({what}). Look at trytond.log in its folder.",
            ru=f"Tryton не отвечает ({what}). Посмотрите trytond.log в его папке.",
        )
    )


def _failed(what: str) -> Failed:
    return Failed(
        Text(
            en=f"Tryton refused: {what[:500]}. Look at trytond.log in its folder.",
            ru=f"Tryton отказал: {what[:500]}. Посмотрите trytond.log в его папке.",
        )
    )
