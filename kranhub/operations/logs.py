"""Structured logs: one line per event on standard error, of the hub and of every library; no payloads and no secrets.

The lines are JSON, or coloured text where standard error is a terminal. A long-running process names itself in each
line (`identify`), and everything that it reports, its end included, is such a line. What a library logs again and again
is written once in `log_throttle.EVERY_S`, with how often it was left out; so are the hub's own events that are marked
``repeats=True``.
"""

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import click
import structlog
from structlog.typing import EventDict, Processor

from kranhub.operations.log_throttle import Repeats

_SECRET = ("password", "secret", "token", "authorization", "credential")

MOST = 3
"""How many different messages a library may log within `log_throttle.EVERY_S`."""

_identity: dict[str, str] = {}


def identify(process: str, **more: str) -> None:
    """Name this long-running process in every line from now on.

    An error that nothing catches becomes a line, too.

    Args:
        process: The process's name.
        **more: What else distinguishes it, such as its member.
    """
    _identity.clear()
    _identity.update(process=process, **more)
    sys.excepthook = _defect
    threading.excepthook = lambda died: _defect(died.exc_type, died.exc_value, died.exc_traceback)


def say(text: str, **more: Any) -> None:
    """Report something to a person, or to whoever collects this process's lines.

    Where standard error is a terminal, and in commands that have not named themselves (`identify`), it is a plain
    sentence.

    Args:
        text: The sentence.
        **more: Further fields of the line; left out of a plain sentence.
    """
    if _identity and not _is_terminal():
        structlog.get_logger().info(text, **more)
    else:
        click.echo(text, err=True)


def silence_kafka() -> None:
    """Suppress kafka-python's own log in a command that reports in one sentence what that log says in many."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def configure(*, json_lines: bool | None = None) -> None:
    """Set up logging for this process.

    Args:
        json_lines: Whether to write JSON lines; None for coloured text where standard error is a terminal, else JSON.
    """
    as_json = not _is_terminal() if json_lines is None else json_lines
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if as_json
        else structlog.dev.ConsoleRenderer()
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    last: list[Processor] = [structlog.processors.format_exc_info, renderer]
    structlog.configure(
        processors=[_Seldom(), *shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_over(shared, last)


def _take_over(shared: list[Processor], last: list[Processor]) -> None:
    """Turn what libraries log through the standard library's logging, and Python's warnings, into lines of the hub."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Library())
    foreign = [structlog.stdlib.add_logger_name, _left_out, *shared]
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=foreign, processors=processors))
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its errors reach people in our words


class _Library(logging.Filter):
    """Drops what a library logs too often, and notes how much was left out before."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats = Repeats(MOST)

    def filter(self, record: logging.LogRecord) -> bool:
        left_out = self._repeats.take(record.name.partition(".")[0], (record.levelno, record.msg))
        record.left_out = left_out
        return left_out is not None


class _Seldom:
    """Drops the hub's own events that are marked ``repeats=True`` and were logged just now."""

    def __init__(self) -> None:
        self._repeats = Repeats()

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        if not event.pop("repeats", False):
            return event
        source = tuple(str(event.get(name)) for name in ("event", "stage", "task", "view"))
        if (left_out := self._repeats.take(source)) is None:
            raise structlog.DropEvent
        return {**event, "left_out": left_out} if left_out else event


def _left_out(_logger: Any, _method: str, event: EventDict) -> EventDict:
    if left_out := getattr(event["_record"], "left_out", 0):
        event["left_out"] = left_out
    return event


def _name_process(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {**_identity, **event}


def _hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for name in event:
        if any(word in name.lower() for word in _SECRET):
            event[name] = "***"
    return event


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _defect(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    """Log what nothing has caught, as one line."""
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    structlog.get_logger().error("defect", exc_info=(kind, error, traceback))
