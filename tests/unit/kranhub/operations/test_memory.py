"""Too little memory is told as that, whatever a library has made of it."""

import errno
import signal
import subprocess
import sys

import pytest
from sqlalchemy import make_url

from connectors.runtime import calls, runner
from connectors.sql import errors
from kranhub.operations import memory
from kranhub.operations.supervisor import by_signal
from kranhub.parties import members
from kranhub.settings import Settings
from tests.support.bad_connectors import Bad, loaded

SHORTAGES = (
    MemoryError(),
    ImportError("/lib/libssl.so.3: failed to map segment from shared object"),
    ImportError("libc.so: cannot allocate memory in static TLS block"),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    RuntimeError("can't start new thread"),
    ExceptionGroup("several", [ValueError(), MemoryError()]),
)
OTHERS = (
    ImportError("no such module"),
    OSError(errno.EACCES, "no"),
    RuntimeError("x"),
    ExceptionGroup("x", [KeyError()]),
)


@pytest.mark.parametrize("error", SHORTAGES, ids=repr)
def test_a_shortage_is_known_also_behind_another_error(error: Exception) -> None:
    assert memory.is_short(error)
    behind = ValueError("x")
    behind.__cause__ = error
    assert memory.is_short(behind)


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_other_errors_are_none(error: Exception) -> None:
    assert not memory.is_short(error)


@pytest.mark.process
def test_a_process_that_ends_for_want_of_memory_says_so() -> None:
    short = "from kranhub.cli import main as cli\ndef short(**_): raise MemoryError\ncli.cli = short\ncli.main()"
    done = subprocess.run([sys.executable, "-c", short], capture_output=True, text=True, check=False)
    assert (done.returncode, memory.SHORT.en in done.stderr or memory.SHORT.ru in done.stderr) == (1, True)


def test_no_connector_is_said_to_have_a_defect_for_it() -> None:
    member = members.load(Settings().required("members_file")).by_id["oemz"]
    connector = loaded(Bad(), "bad", member)
    with pytest.raises(Exception, match="too little memory") as told, calls.calling(connector, "read()"):
        raise MemoryError
    assert not isinstance(told.value, calls.ConnectorDefect)
    assert runner._defect(MemoryError()) == memory.SHORT


def test_no_document_is_refused_for_it() -> None:
    with pytest.raises(MemoryError), errors.translated(make_url("sqlite://")):
        raise MemoryError


def test_what_was_killed_cannot_say_so_and_is_spoken_for() -> None:
    assert "SIGKILL" in by_signal(-signal.SIGKILL)
    assert "memory" in by_signal(-signal.SIGKILL)
    assert "SIGSEGV" in by_signal(-signal.SIGSEGV)
    assert by_signal(3) == ""
    assert "200" in by_signal(-200)
