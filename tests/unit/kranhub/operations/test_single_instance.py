"""Whose name it is: what this machine can know of a process that the broker remembers."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from kranhub.errors import Misconfigured
from kranhub.operations import single_instance
from kranhub.settings import Settings
from tools.harness.core import wait_for

GROUP, NAME = "prod.core.planner", "prod.core.planner.box"
SETTINGS = Settings(kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")


def called(pid: int) -> str:
    host, boot, _ = single_instance.client_id().rsplit("/", 2)
    return f"{host}/{boot}/{pid}"


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_a_process_of_this_machine_has_ended_or_stands_still_or_lives() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        try:
            assert not single_instance.has_ended(called(process.pid))
            process.send_signal(signal.SIGSTOP)
            wait_for(lambda: single_instance.has_ended(called(process.pid)), "it is seen to stand still")
        finally:
            process.kill()
    assert single_instance.has_ended(called(process.pid))


def test_a_former_process_with_our_own_number_has_ended() -> None:
    assert single_instance.has_ended(single_instance.client_id())


@pytest.mark.parametrize(
    "client", ["rdkafka", "", "otherhost/0a1b2c3d/1", f"{socket.gethostname()}/another/1", "a/b/c"]
)
def test_of_others_nothing_is_known(client: str) -> None:
    assert not single_instance.has_ended(client)


def test_what_goes_while_it_is_waited_for_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([{(GROUP, "m1"): "elsewhere/1/7"}, {(GROUP, "m1"): "elsewhere/1/7"}, {}])
    monkeypatch.setattr(single_instance, "POLL_S", 0)
    monkeypatch.setattr(single_instance, "others", lambda *_: next(looks))
    single_instance.require_own(SETTINGS, {GROUP: NAME})
    assert next(looks, "asked until it had gone") == "asked until it had gone"


def test_what_stays_is_named_and_what_comes_meanwhile_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRANHUB_LANG", "en")
    monkeypatch.setattr(single_instance, "POLL_S", 0)
    monkeypatch.setattr(single_instance, "others", lambda *_: {(GROUP, "m1"): "elsewhere/1/7"})
    with pytest.raises(Misconfigured, match=r"'box' is that of another process, elsewhere/7") as raised:
        single_instance.require_own(SETTINGS, {GROUP: NAME}, patience_s=0.05)
    assert "--instance" in raised.value.text.ru
    looks = iter([{(GROUP, "m1"): "elsewhere/1/7"}, {(GROUP, "m2"): "elsewhere/1/8"}])
    monkeypatch.setattr(single_instance, "others", lambda *_: next(looks))
    single_instance.require_own(SETTINGS, {GROUP: NAME})
