"""What can go wrong on the connection to Tryton, by the next action."""

from typing import Any

import httpx

from connectors.tryton import wire
from connectors.tryton.config import Config
from kranhub.errors import Failed, Misconfigured, Unavailable
from kranhub.text import Text

RATE_LIMIT_SECONDS = 300.0
SERVER_FAILED_SECONDS = 30.0
NOT_TRYTONS = "an answer that is not Tryton's"
OVERLOADED = ("database is locked", "could not serialize", "deadlock detected", "LockNotAvailable")


class SessionEnded(Exception):
    """Tryton answered 401: log in again. Never leaves the client."""


class Refused(Failed):
    """Tryton's own refusal of one request: a rule, a right, a warning. The text carries its message."""


class NotReadable(Misconfigured):
    """Tryton's refusal of a read: a missing right, or a rule of a module over one document."""


class ServerFailed(Unavailable):
    """Tryton's server broke down over one request: an administrator should look, and it is tried again."""


class Busy(Unavailable):
    """Someone else changed the record since it was read: read it again."""


def busy() -> Busy:
    """Return the error that a record is no longer as it was read."""
    return Busy(_busy(), retry_after=1.0)


def result(answer: httpx.Response, method: str, config: Config) -> Any:
    """Return the result that a response carries.

    Args:
        answer: The response.
        method: The method that was called.
        config: The database that was called.

    Raises:
        SessionEnded: When the session must be opened again.
        Misconfigured: For a wrong password, database or right.
        Unavailable: For a broken answer, or a server that is overloaded or broken.
        Refused: For Tryton's own refusal.
    """
    _check_status(answer, method, config)
    try:
        body = wire.loads(answer.text)
        error = body.get("error")
        return body["result"] if error is None else _raise(error, method, config)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise away(config, NOT_TRYTONS) from None


def _check_status(answer: httpx.Response, method: str, config: Config) -> None:
    match answer.status_code:
        case 200:
            return
        case 401:
            raise SessionEnded
        case 403:
            raise Misconfigured(_forbidden(method))
        case 404:
            raise Misconfigured(_no_database(config))
        case 413 | 414:
            raise Refused(_too_large())
        case 429:
            raise Unavailable(_rate_limited(config), retry_after=RATE_LIMIT_SECONDS)
    raise away(config, f"HTTP {answer.status_code}")


def _raise(error: Any, method: str, config: Config) -> Any:
    """Raise what an error means: ``[class, arguments]`` is Tryton's, ``[text, traceback]`` a failure of its server."""
    kind, arguments = error[0], error[1]
    if kind == "ConcurrencyException":
        raise busy()
    if kind in {"UserError", "UserWarning"}:
        texts = [arguments] if isinstance(arguments, str) else arguments
        sentences = [text.strip() for text in texts if isinstance(text, str) and text.strip()] or [kind]
        raise Refused(Text(en=f"Tryton says: {' '.join(sentences)}", ru=f"Tryton отвечает: {' '.join(sentences)}"))
    if kind == "LoginException":
        raise login_refused(config)
    if kind == "RateLimitException":
        raise Unavailable(_rate_limited(config), retry_after=RATE_LIMIT_SECONDS)
    if any(sign in kind for sign in OVERLOADED):
        raise away(config, "its database is busy")
    raise ServerFailed(_server_failed(method, str(kind)), retry_after=SERVER_FAILED_SECONDS)


def away(config: Config, what: str) -> Unavailable:
    """Return the error for a server that gives no usable answer."""
    return Unavailable(
        Text(
            en=f"Tryton at {config.url} does not answer ({what}). Check that it runs and that the network is open; "
            "the connector tries again by itself.",
            ru=f"Tryton по адресу {config.url} не отвечает ({what}). Проверьте, что он запущен и сеть доступна; "
            "коннектор повторит попытку сам.",
        )
    )


def login_refused(config: Config) -> Misconfigured:
    """Return the error for a wrong user or password."""
    return Misconfigured(
        Text(
            en=f"Tryton refuses the user {config.user!r} in database {config.database!r}. Correct the user or the "
            "password in the connector's configuration, or ask Tryton's administrator to reset it.",
            ru=f"Tryton не принимает пользователя {config.user!r} в базе {config.database!r}. Исправьте имя или пароль "
            "в настройках коннектора либо попросите администратора Tryton задать новый пароль.",
        )
    )


def no_company(config: Config) -> Misconfigured:
    """Return the error for a user without the company that is wanted."""
    return Misconfigured(
        Text(
            en=f"The Tryton user {config.user!r} has no company {config.company or ''}. Add the company to the user in "
            "Administration / Users, or correct `company` in the connector's configuration.",
            ru=f"У пользователя Tryton {config.user!r} нет компании {config.company or ''}. Добавьте компанию "
            "пользователю в «Администрирование / Пользователи» или исправьте `company` в настройках коннектора.",
        )
    )


def unreadable(model: str, refused: Refused) -> NotReadable:
    """Return the error for a model that may not be read."""
    return NotReadable(
        Text(
            en=f"{refused.text.en} Give the connector's Tryton user the right to read {model}.",
            ru=f"{refused.text.ru} Дайте пользователю коннектора в Tryton право читать {model}.",
        )
    )


def too_many_vanished(count: int, config: Config) -> Misconfigured:
    """Return the error for so many vanished purchases that a right or the database must be wrong."""
    return Misconfigured(
        Text(
            en=f"{count} purchases that the hub has as orders are no longer in Tryton's database "
            f"{config.database!r}, so nothing is withdrawn. Check that it is the right database and that the "
            "user may read them; if they were deleted, raise `vanished_limit` in the connector's configuration until "
            "they have been withdrawn.",
            ru=f"{count} закупок, которые есть у центра как заказы, больше нет в базе Tryton "
            f"{config.database!r}; ничего не отозвано. Проверьте, та ли это база и может ли пользователь их "
            "читать; если они удалены, увеличьте `vanished_limit` в настройках коннектора, пока они не будут отозваны.",
        )
    )


def bad_url(config: Config, what: str) -> Text:
    """Return the sentence about an address that is none."""
    return Text(
        en=f"{config.url} is no address ({what}). Correct `url` in the connector's configuration.",
        ru=f"{config.url} не является адресом ({what}). Исправьте `url` в настройках коннектора.",
    )


def _no_database(config: Config) -> Text:
    return Text(
        en=f"Tryton at {config.url} has no database {config.database!r}. Correct `database` in the configuration.",
        ru=f"В Tryton по адресу {config.url} нет базы {config.database!r}. Исправьте `database` в настройках.",
    )


def _forbidden(method: str) -> Text:
    return Text(
        en=f"Tryton forbids the call {method}. Check that it is series 8.2 and that the user has the rights.",
        ru=f"Tryton запрещает вызов {method}. Проверьте, что это серия 8.2 и что у пользователя есть права.",
    )


def _too_large() -> Text:
    return Text(
        en="The document is larger than Tryton takes in one request. Raise `max_size_authenticated` in the section "
        "[request] of its configuration, or split the document.",
        ru="Документ больше, чем Tryton принимает за один запрос. Увеличьте `max_size_authenticated` в разделе "
        "[request] его настроек или разделите документ.",
    )


def _rate_limited(config: Config) -> Text:
    return Text(
        en=f"Tryton has locked the log-in of {config.user!r} for a while after wrong passwords. Correct the password; "
        "the connector tries again in five minutes.",
        ru=f"Tryton временно закрыл вход для {config.user!r} после неверных паролей. Исправьте пароль; "
        "коннектор повторит попытку через пять минут.",
    )


def _busy() -> Text:
    return Text(
        en="Someone is changing this document in Tryton right now; it is tried again shortly.",
        ru="Этот документ сейчас изменяют в Tryton; попытка повторится чуть позже.",
    )


def _server_failed(method: str, kind: str) -> Text:
    return Text(
        en=f"Tryton failed in {method}: {kind[:200]}. Check that the modules sale, purchase, stock and production are "
        "active in series 8.2, and look into its log.",
        ru=f"Сбой Tryton в {method}: {kind[:200]}. Проверьте, что модули sale, purchase, stock и production включены "
        "в серии 8.2, и посмотрите его журнал.",
    )
