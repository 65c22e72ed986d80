"""Calls into a connector's code: whatever comes out of them that the contract does not allow becomes one error.

The traceback goes to the log without the exception's own message, which may hold a document or a password.
"""

import asyncio
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from connectors.runtime.configuration import Loaded
from connectors.runtime.conformance import Unlike
from kranhub.errors import Failed, Fenced, InvalidDocument, KranhubError
from kranhub.operations import memory
from kranhub.text import Text

log = structlog.get_logger()


class ConnectorDefect(Failed):
    """A connector's code does what the contract of `kranhub.connector` does not allow: its author must act."""


@contextmanager
def calling(
    loaded: Loaded, call: str, document: str = "", *, after: str = "", documents: bool = False
) -> Iterator[None]:
    """Run one call of the connector's code.

    Handled errors leave as they are. A cancellation leaves where the task was cancelled; one that the connector made up
    is a defect. The traceback of what nobody foresaw is logged.

    Args:
        loaded: The connector.
        call: The call, such as ``read()``.
        document: The document that the call is about; empty for none.
        after: The last document before the call; empty for none.
        documents: Whether the call handles one document, so that `InvalidDocument` may leave.

    Raises:
        ConnectorDefect: For all that the contract does not allow, including what `conformance` refuses.
        Failed: Where memory is short.
    """
    try:
        yield
    except Unlike as error:
        raise defect(loaded, call, error.text, _place(error.document or document, after)) from None
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise _unexpected(loaded, call, _place(document, after), error) from None
    except KranhubError as error:
        if isinstance(error, Fenced) or (isinstance(error, InvalidDocument) and not documents):
            raise _unexpected(loaded, call, _place(document, after), error) from None
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  (all that the contract does not know)
        if isinstance(handled := _grouped(error), KranhubError):
            raise handled from None
        raise _unexpected(loaded, call, _place(document, after), error) from None


def _place(document: str, after: str) -> Text:
    """Return which document a defect is about, as the middle of a sentence."""
    if document:
        return Text(en=f", document {document}", ru=f", документ {document}")
    if after:
        return Text(en=f", right after the document {after}", ru=f", сразу после документа {after}")
    return NOWHERE


NOWHERE = Text(en="", ru="")


def defect(loaded: Loaded, call: str, what: Text, place: Text = NOWHERE) -> ConnectorDefect:
    """Return the error about a call that broke the contract.

    Args:
        loaded: The connector.
        call: The call, such as ``read()``.
        what: What is wrong.
        place: The document that the call was about.
    """
    who = f"{loaded.member.id}/{loaded.name}"
    return ConnectorDefect(
        Text(
            en=f"The connector {who} broke its contract in {call}{place.en}: {what.en} "
            "Its author must correct it (docs/connector-guide.md); the ERP and Kafka are not the cause.",
            ru=f"Коннектор {who} нарушил договор в {call}{place.ru}: {what.ru} "
            "Исправить должен автор коннектора (docs/connector-guide.md); учётная система и Kafka ни при чём.",
        )
    )


def where(error: BaseException, loaded: Loaded) -> str:
    """Return file and line at which it was raised: the last line of the connector's own folder, if it has one."""
    frames = traceback.extract_tb(error.__traceback__)
    module = sys.modules.get(type(loaded.connector).__module__)
    folder = str(Path(getattr(module, "__file__", None) or "-").parent)
    own = [frame for frame in frames if frame.filename.startswith(folder)] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "?"


def log_traceback(event: str, error: BaseException, **fields: Any) -> None:
    """Log an unforeseen exception: the types and lines of it and of its causes, and none of their messages."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        lines[:0] = [*traceback.format_tb(cause.__traceback__), f"{type(cause).__qualname__}\n"]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    log.error(event, error=type(error).__qualname__, traceback="".join(lines), **fields)


def _unexpected(loaded: Loaded, call: str, place: Text, error: BaseException) -> Failed:
    log_traceback("connector failed", error, call=call, document=place.en.strip(", "))
    if memory.is_short(error):
        return Failed(memory.SHORT)
    kind, line = type(error).__qualname__, where(error, loaded)
    return defect(
        loaded,
        call,
        Text(
            en=f"{kind} at {line}, which nothing caught. A connector raises Unavailable where the ERP is away and "
            f"Misconfigured where a person must act{_documents(call).en}. The log has the traceback.",
            ru=f"{kind} в {line}, никем не перехвачено. Если учётная система недоступна, коннектор поднимает "
            f"Unavailable, если нужен человек, Misconfigured{_documents(call).ru}. Стек вызовов в журнале.",
        ),
        place,
    )


def _documents(call: str) -> Text:
    """Return what the contract has for a document that is bad."""
    match call:
        case "read()":
            return Text(en=", and yields Unreadable for a bad document", ru=", плохой документ выдаёт как Unreadable")
        case "deliver()":
            return Text(en=", and answers a bad document REJECTED", ru=", на плохой документ отвечает REJECTED")
    return Text(en="", ru="")


def _grouped(error: BaseException) -> BaseException:
    """Return the first error of a group of handled ones (a connector's own task group); else the error itself."""
    if isinstance(error, BaseExceptionGroup):
        handled, rest = error.split((KranhubError,))
        if rest is None and handled is not None:
            return _grouped(handled.exceptions[0])
    return error


async def awaited(found: Any, call: str) -> Any:
    """Return the result of an awaitable of the connector.

    Raises:
        Unlike: For a method that is not ``async``.
    """
    if not inspect.isawaitable(found):
        raise Unlike(
            Text(
                en=f"{call} returned {type(found).__name__} where `async def` is wanted.",
                ru=f"{call} вернул {type(found).__name__}, а должен быть объявлен через `async def`.",
            )
        )
    return await found
