"""Progress on standard error: bars on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as RichProgress

from kranhub.text import Text

LINE_EVERY_SECONDS = 5.0


class Bar:
    """One running download or copy of many files. Thread-safe."""

    def __init__(self, console: Console, files: int, size: int, shown: RichProgress | None, what: Text) -> None:
        self._console, self._files, self._size, self._shown, self._what = console, files, size, shown, what
        self._task = shown.add_task(str(what), total=size) if shown else None
        self._lock = threading.Lock()
        self._bytes = self._done = 0
        self._printed_at = time.monotonic()

    def received(self, count: int) -> None:
        """Take note of so many more bytes."""
        with self._lock:
            self._bytes += count
            if self._shown and self._task is not None:
                self._shown.advance(self._task, count)
            elif time.monotonic() - self._printed_at >= LINE_EVERY_SECONDS:
                self._print_line()

    def finished(self, name: str) -> None:
        """Take note of one more complete file."""
        with self._lock:
            self._done += 1
            if self._shown and self._task is not None:
                self._shown.update(self._task, description=f"{self._what} {self._done}/{self._files} {name}")
            elif self._done == self._files:
                self._print_line()

    def _print_line(self) -> None:
        self._printed_at = time.monotonic()
        _plain(self._console, f"{self._what}: {self._done}/{self._files}, {self._bytes >> 20}/{self._size >> 20} MiB")


DOWNLOADING = Text(en="fetching Kafka and the registry", ru="загрузка Kafka и реестра")


class Progress:
    """Where the stack reports to a person what it does."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    def say(self, text: Text) -> None:
        """Write one line."""
        _plain(self._console, str(text))

    @contextmanager
    def waiting(self, text: Text) -> Iterator[None]:
        """Show that something takes its time."""
        if self._console.is_terminal:
            with self._console.status(str(text)):
                yield
        else:
            self.say(text)
            yield

    @contextmanager
    def download(self, *, files: int, size: int, what: Text = DOWNLOADING) -> Iterator[Bar]:
        """Show a download or a copy of many files.

        Args:
            files: How many.
            size: How many bytes they have together.
            what: What is done with them, as a person reads it.

        Yields:
            The bar to advance.
        """
        if not self._console.is_terminal:
            self.say(
                Text(
                    en=f"{what.en}: {files} files, {size >> 20} MiB",
                    ru=f"{what.ru}: файлов {files}, {size >> 20} МиБ",
                )
            )
            yield Bar(self._console, files, size, None, what)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with RichProgress(*columns, TimeRemainingColumn(), console=self._console) as shown:
            yield Bar(self._console, files, size, shown, what)


def _plain(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
