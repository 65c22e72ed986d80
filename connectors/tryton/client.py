"""The connection to Tryton: JSON-RPC over HTTP, one session, errors by next action. It handles no documents."""

import base64
import itertools
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors.tryton import errors, wire
from connectors.tryton.config import Config
from kranhub.errors import Misconfigured, Unavailable

Domain = Sequence[Any]
Record = dict[str, Any]


class Client:
    """A user's session in one database, opened at the first call and renewed when Tryton has forgotten it.

    Every call raises `Misconfigured` (password, database, rights), `Unavailable` (no answer, an overloaded or broken
    server, a broken answer), `errors.Refused` (Tryton's own refusal, with its message) or `errors.Busy` (someone else
    changed the record in between).
    """

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """Open nothing yet. Tests may give a transport."""
        self._config = config
        self._ids = itertools.count(1)
        self._http = httpx.AsyncClient(
            base_url=config.url, timeout=config.timeout, transport=transport, trust_env=False
        )
        self._context: dict[str, Any] | None = None
        self._server_time: datetime | None = None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    @property
    def server_time(self) -> datetime | None:
        """The time of Tryton's server with its last answer, aware; None where the answer has none."""
        return self._server_time

    async def company(self) -> int:
        """Return the id of the company in whose name everything is done."""
        return int((await self._session())["company"])

    async def call(self, model: str, method: str, *parameters: Any, **context: Any) -> Any:
        """Call a method of a model.

        Args:
            model: The model's name.
            method: The method's name.
            parameters: What the method takes before the context.
            context: What to add to the session's context.

        Raises:
            Misconfigured: For a wrong password, database or right.
            Unavailable: When Tryton does not answer, or not as it should.
            Refused: When Tryton refuses the request.
            Busy: When someone else changed the record in between.
        """
        try:
            return await self._call(model, method, parameters, context)
        except errors.SessionEnded:
            self._context = None
        try:
            return await self._call(model, method, parameters, context)
        except errors.SessionEnded:
            raise errors.login_refused(self._config) from None

    async def search(
        self,
        model: str,
        domain: Domain,
        fields: Iterable[str],
        *,
        limit: int | None = None,
        newest: bool = False,
        **context: Any,
    ) -> list[Record]:
        """Return the records that fit the domain, dotted fields under ``name.``.

        Args:
            model: The model's name.
            domain: Tryton's search domain.
            fields: The fields to read.
            limit: How many records at most; None for all.
            newest: Whether to sort by falling id rather than by rising id.
            context: What to add to the session's context.

        Raises:
            Misconfigured: As for `call`, and for a refusal, which of a search means a missing right.
            Unavailable: As for `call`.
        """
        reading = ("search_read", list(domain), 0, limit, [["id", "DESC" if newest else "ASC"]], list(fields))
        try:
            found = await self.call(model, *reading, **context)
        except errors.Refused as error:
            raise errors.unreadable(model, error) from None
        if not isinstance(found, list) or not all(_is_record(record) for record in found):
            raise self._unexpected_answer()
        return found

    async def create(self, model: str, values: Record) -> int:
        """Create one record and return its id.

        Raises:
            Unavailable: As for `call`, and for an answer without an id.
            Misconfigured: As for `call`.
            Refused: As for `call`.
        """
        ids = await self.call(model, "create", [values])
        if not isinstance(ids, list) or not ids or type(ids[0]) is not int:
            raise self._unexpected_answer()
        return ids[0]

    async def on_change(self, model: str, values: Record, names: Sequence[str]) -> Record:
        """Return what Tryton fills in itself after fields were changed.

        Args:
            model: The model's name.
            values: The record's values.
            names: The fields that were changed.

        Raises:
            Unavailable: As for `call`, and for an answer without values.
            Misconfigured: As for `call`.
            Refused: As for `call`.
        """
        filled = await self.call(model, "on_change", values, list(names))
        if not isinstance(filled, dict):
            raise self._unexpected_answer()
        return filled

    async def write(self, model: str, record: int, values: Record, timestamp: str | None = None) -> None:
        """Change one record.

        Args:
            model: The model's name.
            record: The record's id.
            values: The new values.
            timestamp: The record's ``_timestamp``, to change it only if nobody else did since; None to do so anyway.

        Raises:
            Busy: When someone else changed the record since.
            Misconfigured: As for `call`.
            Unavailable: As for `call`.
            Refused: As for `call`.
        """
        await self.call(model, "write", [record], values, **_only_if(model, record, timestamp))

    async def press(self, model: str, button: str, record: int, timestamp: str | None = None) -> None:
        """Press a button of one record.

        Args:
            model: The model's name.
            button: The button's name.
            record: The record's id.
            timestamp: The record's ``_timestamp``, to press it only if nobody changed it since; None to do so anyway.

        Raises:
            Busy: When someone else changed the record since.
            Misconfigured: As for `call`.
            Unavailable: As for `call`.
            Refused: As for `call`.
        """
        await self.call(model, button, [record], **_only_if(model, record, timestamp))

    async def _call(self, model: str, method: str, parameters: Sequence[Any], context: Record) -> Any:
        session = await self._session()
        return await self._post(f"model.{model}.{method}", [*parameters, {**session, **context}])

    async def _session(self) -> dict[str, Any]:
        if self._context is None:
            try:
                self._context = await self._open()
            except errors.Refused as error:
                raise errors.unreadable("res.user", error) from None
        return self._context

    async def _open(self) -> dict[str, Any]:
        await self._login()
        preferences = await self._post("model.res.user.get_preferences", [True, {}])
        if not isinstance(preferences, dict):
            raise self._unexpected_answer()
        return {**preferences, "company": await self._find_company(preferences)}

    async def _login(self) -> None:
        self._http.headers.pop("Authorization", None)
        user = self._config.user
        try:
            answer = await self._post("common.db.login", [user, {"password": self._config.secret()}, "en"])
        except errors.SessionEnded:
            raise errors.login_refused(self._config) from None
        if not isinstance(answer, list) or len(answer) < 2:
            raise self._unexpected_answer()
        uid, token = answer[:2]
        session = base64.b64encode(f"{user}:{uid}:{token}".encode()).decode()
        self._http.headers["Authorization"] = f"Session {session}"

    async def _find_company(self, preferences: Record) -> int:
        wanted = self._config.company
        if wanted is None:
            company = preferences.get("company")
        else:
            parameters = [[["rec_name", "=", wanted]], 0, 1, None, ["id"], preferences]
            found = await self._post("model.company.company.search_read", parameters)
            company = found[0].get("id") if isinstance(found, list) and found and isinstance(found[0], dict) else None
        if type(company) is not int:
            raise errors.no_company(self._config)
        return company

    async def _post(self, method: str, parameters: Sequence[Any]) -> Any:
        body = wire.dumps({"id": next(self._ids), "method": method, "params": parameters})
        headers = {"Content-Type": "application/json"}
        try:
            answer = await self._http.post(f"/{self._config.database}/rpc/", content=body, headers=headers)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise errors.away(self._config, type(error).__name__) from None
        except httpx.InvalidURL as error:
            raise Misconfigured(errors.bad_url(self._config, str(error))) from None
        self._server_time = _date(answer)
        return errors.result(answer, method, self._config)

    def _unexpected_answer(self) -> Unavailable:
        return errors.away(self._config, errors.NOT_TRYTONS)


def _only_if(model: str, record: int, timestamp: str | None) -> dict[str, Any]:
    """Return the context in which Tryton changes the record only if its row is as it was read."""
    return {"_timestamp": {f"{model},{record}": timestamp}} if timestamp else {}


def _date(answer: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_record(record: Any) -> bool:
    return isinstance(record, dict) and type(record.get("id")) is int
