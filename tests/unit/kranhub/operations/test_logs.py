"""Logs: one JSON line per event, of ours and of libraries, with the process; what repeats is told once in a while."""

import json
import subprocess
import sys
from typing import Any

import pytest

from kranhub.operations.log_throttle import EVERY_S, Repeats

PROGRAM = """
import logging, sys, threading, warnings
import structlog
from kranhub.operations import logs, safe_stderr
safe_stderr.standard_error()
logs.configure(json_lines=True)
log = structlog.get_logger()
"""


def lines(program: str) -> list[dict[str, Any]]:
    """Run a process that logs and return its lines; each must be JSON."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM + program], capture_output=True, encoding="utf-8", check=False
    )
    return [json.loads(line) for line in ended.stderr.splitlines()]


@pytest.mark.process
def test_whatever_is_said_is_a_json_line_with_the_process() -> None:
    found = lines(
        """
logs.identify("core vm", member="oemz")
log.info("task state", state="RUNNING", order="завод:17", password="x")
logging.getLogger("aiokafka.conn").error("Unable connect to node with id %s", 1)
warnings.warn("old")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("faust").exception("broken")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
logs.say("Заказ ждёт.", exit_code=3)
raise KeyError("end")
"""
    )
    assert {(line["process"], line["member"]) for line in found} == {("core vm", "oemz")}
    assert [line["event"].partition("\\n")[0] for line in found] == [
        "task state",
        "Unable connect to node with id 1",
        found[2]["event"],
        "broken",
        "defect",
        "Заказ ждёт.",
        "defect",
    ]
    state, conn, _warning, broken, thread, said, end = found
    assert (state["order"], state["password"], state["level"]) == ("завод:17", "***", "info")
    assert (conn["logger"], conn["level"]) == ("aiokafka.conn", "error")
    assert all("ZeroDivisionError" in line["exception"] for line in (broken, thread))
    assert said["exit_code"] == 3
    assert "KeyError" in end["exception"]


@pytest.mark.process
def test_a_flood_of_a_library_is_a_few_lines_and_another_library_is_heard_nevertheless() -> None:
    found = lines(
        """
for number in range(10_000):
    logging.getLogger(f"aiokafka.part{number}").error("Unable connect to node %s", number)
    logging.getLogger("aiokafka").warning(f"no template {number}")
    log.warning("waiting", stage="planner", reason=str(number), repeats=True)
    log.warning("waiting", stage="ingest", reason=str(number), repeats=True)
logging.getLogger("sqlalchemy.pool").error("lost")
log.info("task state", state="RUNNING")
log.info("task state", state="STOPPED")
"""
    )
    told = [(line.get("logger", "ours").partition(".")[0], line["event"]) for line in found]
    assert [name for name, _ in told].count("aiokafka") == 3
    assert told[-3:] == [("sqlalchemy", "lost"), ("ours", "task state"), ("ours", "task state")]
    assert [line["stage"] for line in found if line["event"] == "waiting"] == ["planner", "ingest"]
    assert not any("repeats" in line for line in found)


@pytest.mark.process
def test_a_command_that_is_no_service_tells_plain_sentences() -> None:
    program = PROGRAM + 'logs.say("Kafka does not answer.")'
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert ended.stderr == "Kafka does not answer.\n"


def test_what_was_left_out_is_counted_and_told_with_the_next() -> None:
    now = 0.0
    repeats = Repeats(2, clock=lambda: now)
    assert [repeats.take("a", words) for words in "xxyz"] == [0, None, 0, None]
    assert repeats.take("b", "x") == 0
    now = EVERY_S
    assert [repeats.take("a", words) for words in "zz"] == [2, None]
    now = 2 * EVERY_S
    assert repeats.take("a", "x") == 1
    assert repeats.take("b", "x") == 0
