"""Supervisors as the night meets them: killed, hung up, started twice, with a disk that takes nothing."""

import errno
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from kranhub.errors import Failed, Misconfigured
from kranhub.operations import disk, file_lock, folder_lock, supervision
from kranhub.operations.supervision import RUN, STREAMS_RUN, StateFile
from kranhub.operations.supervisor import Backoff, Child, read_state
from tests.support.supervised import alive, cont, pids, supervisor
from tools.harness.core import wait_for

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")]

SOON_S = 15


def over(*processes: int) -> bool:
    return not any(map(alive, processes))


def test_children_end_with_a_supervisor_that_is_killed_also_where_they_supervise(tmp_path: Path) -> None:
    with supervisor(tmp_path, "steady", "nested") as killed:
        children = pids(tmp_path, 2)
        grandchildren = pids(tmp_path / "nested")
        killed.kill()
        killed.wait()
        wait_for(lambda: over(*children, *grandchildren), "all of them end", SOON_S)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_hang_up_ends_a_supervisor_as_a_request_does(tmp_path: Path, number: signal.Signals) -> None:
    with supervisor(tmp_path, "steady") as asked:
        children = pids(tmp_path)
        asked.send_signal(number)
        assert asked.wait(SOON_S) == 0
    assert over(*children)
    assert read_state(tmp_path / "run.json") is None


def test_a_terminal_that_closes_ends_all_of_them(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    script = f"import os, fcntl, termios; os.setsid(); fcntl.ioctl({theirs}, termios.TIOCSCTTY, 0)"
    with supervisor(
        tmp_path,
        "steady",
        stderr=theirs,
        stdout=theirs,
        pass_fds=(theirs,),
        preexec_fn=lambda: exec(script),
    ) as asked:
        os.close(theirs)
        children = pids(tmp_path)
        os.close(ours)
        assert asked.wait(SOON_S) == 0
    assert over(*children)


def test_a_second_supervisor_is_refused_and_named_the_first(tmp_path: Path) -> None:
    with supervisor(tmp_path, "steady") as first:
        pids(tmp_path)
        for command, parts in ((RUN, "views"), (STREAMS_RUN, "core,views")):
            with supervisor(tmp_path, "steady", command=command, parts=parts, stderr=subprocess.PIPE) as second:
                said = second.communicate(timeout=SOON_S)[1].decode()
                assert second.returncode == 4
            assert f"`kranhub run` (pid {first.pid})" in said
            assert "Traceback" not in said
        with supervisor(tmp_path, "steady", command=STREAMS_RUN, parts="views"):
            pids(tmp_path, 1, STREAMS_RUN)
        assert (read_state(tmp_path / "run.json") or {})["pid"] == first.pid


def test_a_successor_waits_for_what_is_left_and_then_goes_on(tmp_path: Path) -> None:
    with supervisor(tmp_path, "steady") as killed:
        (left,) = pids(tmp_path)
        os.kill(left, signal.SIGSTOP)
        killed.kill()
        with supervisor(tmp_path, "steady", stderr=subprocess.PIPE) as second:
            assert second.stderr is not None
            try:
                said = second.stderr.readline().decode()
                assert f"still stops: pid {left} " in said
            finally:
                cont(left)
            wait_for(lambda: (read_state(tmp_path / "run.json") or {}).get("pid") == second.pid, "it goes on", SOON_S)
            assert over(left)
            second.terminate()
            second.stderr.read()


def test_what_does_not_end_is_named_and_nothing_is_started_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_lock, "LEFT_S", 0.5)
    with supervisor(tmp_path, "steady") as killed:
        (left,) = pids(tmp_path)
        os.kill(left, signal.SIGSTOP)
        killed.kill()
        killed.wait()
        try:
            with (
                pytest.raises(Misconfigured, match=f"pid {left} "),
                folder_lock.held(tmp_path, RUN, {"run", "core"}, say=lambda _: None, stopping=lambda: False),
            ):
                pass
        finally:
            cont(left)
        wait_for(lambda: over(left), "it ends once it can", SOON_S)


def test_a_child_that_needs_a_person_is_tried_seldom_and_says_why(tmp_path: Path) -> None:
    with supervisor(tmp_path, "wrong", stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        for line in running.stderr:
            said = json.loads(line)
            if "will restart" in said["event"]:
                assert said["event"] == "wrong: ended with 4, will restart: The file is missing."
                break
            if said["event"] == "process ended":
                assert said["again_in_s"] == 30
        wait_for(lambda: read_state(tmp_path / "run.json"), "the state is written")
        running.terminate()
        running.stderr.read()


def test_a_standard_error_that_takes_nothing_ends_nothing(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full, supervisor(tmp_path, "steady", "wrong", stderr=full) as running:
        children = pids(tmp_path)
        running.terminate()
        assert running.wait(SOON_S) == 0
    assert over(*children)


def test_the_delays_grow_and_begin_anew_after_a_steady_run() -> None:
    backoff = Backoff()
    assert [backoff.after(1) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff.after(61) == 1
    assert backoff.after(1, hopeless=True) == 30


def test_a_state_file_waits_for_room_says_so_seldom_and_is_written_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_path: Path, _children: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("KRANHUB_LANG", "en")
    file, children = StateFile(tmp_path / "run.json"), [Child("core", [])]
    with monkeypatch.context() as patch:
        patch.setattr(supervision, "write_state", full)
        file.changed()
        file.write(children)
        file.write(children)
    assert capsys.readouterr().err.count("is full: this waits") == 1
    assert read_state(tmp_path / "run.json") is None
    file.write(children)
    assert (read_state(tmp_path / "run.json") or {})["processes"][0]["name"] == "core"


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, Failed), (errno.EDQUOT, Failed), (errno.EROFS, Misconfigured)]
)
def test_a_full_disk_passes_and_one_that_refuses_needs_a_person(tmp_path: Path, number: int, kind: type) -> None:
    error = disk.failure(tmp_path, OSError(number, os.strerror(number)))
    assert type(error) is kind
    assert str(tmp_path) in str(error)


def test_a_read_only_folder_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_file: Path, _word: str) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(file_lock, "take", refused)
    with (
        pytest.raises(Misconfigured, match="Read-only"),
        folder_lock.held(tmp_path, RUN, {"run"}, say=lambda _: None, stopping=lambda: False),
    ):
        pass
