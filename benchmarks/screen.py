"""What a person sees while it runs: one bar on a terminal, plain lines elsewhere; always on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kranhub.text import Text


class Screen:
    """The progress of a run of so many steps."""

    def __init__(self, console: Console, steps: int, bar: Progress | None) -> None:
        self._console, self._steps, self._bar = console, steps, bar
        self._task = bar.add_task("", total=steps) if bar else None
        self._done = 0

    def say(self, text: Text) -> None:
        """Write a line."""
        self._console.print(str(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, text: Text) -> Iterator[None]:
        """Show a step while it lasts."""
        if self._bar and self._task is not None:
            self._bar.update(self._task, description=str(text))
        else:
            self.say(Text(*(f"[{self._done + 1}/{self._steps}] {sentence}" for sentence in (text.en, text.ru))))
        yield
        self._done += 1
        if self._bar and self._task is not None:
            self._bar.advance(self._task)


@contextmanager
def screen(steps: int) -> Iterator[Screen]:
    """Show a run of so many steps."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Screen(console, steps, None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        yield Screen(console, steps, bar)
