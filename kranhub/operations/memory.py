"""Recognises too little memory: libraries raise other errors for it, which look like a defect of their own."""

import errno
from collections.abc import Iterator

from kranhub.text import Text

_IMPORTS = ("failed to map segment", "cannot allocate memory")
"""The dynamic linker's messages when there is no memory for a library."""

_THREADS = "can't start new thread"

SHORT = Text(
    en="This process gets too little memory (or too few threads): its machine has no more, or a limit stands, such as "
    "`ulimit -v`, LimitAS= or TasksMax= of its unit. Give it more; it then goes on by itself.",
    ru="Процессу не хватает памяти (или потоков): её больше нет у машины, или стоит ограничение, например `ulimit -v`, "
    "LimitAS= или TasksMax= юнита. Дайте больше; дальше всё пойдёт само.",
)


def is_short(error: BaseException) -> bool:
    """Return whether the error, or one that has led to it, is that of a process without memory."""
    return any(_is_of_memory(each) for each in _chain(error))


def _is_of_memory(error: BaseException) -> bool:
    match error:
        case MemoryError():
            return True
        case ImportError():
            return any(phrase in str(error).lower() for phrase in _IMPORTS)
        case OSError():
            return error.errno == errno.ENOMEM
        case RuntimeError():
            return str(error) == _THREADS
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _chain(part)
        error = error.__cause__ or error.__context__
