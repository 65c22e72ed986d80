"""`kranhub repromise`: a person sees who gains and who loses, and agrees to exactly that."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from kranhub.broker import reading
from kranhub.broker.reading import Message
from kranhub.errors import Unavailable
from streams.cli.repromise import repromise
from streams.processor.kafka import clients
from tests.support.decisions import party
from tests.support.terminal import NOW, Hub, call, hub

__all__ = ["hub"]

BY = ("--actor", "dispatcher", "--reason", " 704 was cancelled ")


def move(name: str, before: date, after: date, **changes: Any) -> Any:
    return {
        "request_id": name,
        "order_key": name.partition("/")[0],
        "item": "motor",
        "quantity": Decimal(4),
        "priority": 5,
        "before": before,
        "after": after,
        "in_erp": False,
        **changes,
    }


GAINS = move("a:1/1.1.1", date(2026, 12, 14), date(2026, 12, 7), priority=1)
LOSES = move("a:2/1.1.1", date(2026, 12, 7), date(2026, 12, 14), in_erp=True)
SAME = move("a:3/1.1.1", date(2026, 12, 7), date(2026, 12, 7))


class Core:
    """Answers what the commands ask; ``states`` by action, or nothing for an action that is not among them."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self.moves = hub, [GAINS, LOSES, SAME]
        self.states = {"PROPOSE": "PROPOSED", "REPROMISE": "DONE"}

    @property
    def asked(self) -> list[Any]:
        return [written.value for written in self.hub.written if written.topic == "hub.allocation"]

    def messages(self, settings: Any, codec: Any, topic: str, **how: Any) -> Iterator[Message]:
        if topic.endswith("hub.repromisings") and self.asked[-1]["action"] in self.states:
            asked = self.asked[-1]
            names = ("request_id", "plant", "include_sent")
            value = {name: asked[name] for name in names} | {"state": self.states[asked["action"]], "item": None}
            value |= {"fingerprint": "f1", "moves": self.moves, "as_of": NOW}
            self.hub.put("hub.repromisings", asked["plant"], "Repromising", value)
        return self.hub.messages(settings, codec, topic, **how)


@pytest.fixture
def core(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Core:
    hub.put("hub.parties", "oemz", "Party", party("oemz", "OEMZ", "ОЭМЗ"))
    hub.topics["hub.items"] = []
    made = Core(hub)
    monkeypatch.setattr(reading, "messages", made.messages)
    monkeypatch.setattr(clients, "Producer", hub.producer)
    return made


def test_who_gains_and_who_loses_is_shown_and_done_where_a_person_agrees(core: Core) -> None:
    said = call(repromise, "oemz", "--yes", *BY).output.splitlines()
    assert said == [
        "a:1/1.1.1  motor  4  1  2026-12-14  2026-12-07  -7  -",
        "a:2/1.1.1  motor  4  5  2026-12-07  2026-12-14  +7  yes",
        "a:3/1.1.1  motor  4  5  2026-12-07  2026-12-07  0  -",
        "Earlier: 1, later: 1.",
        "Done. The planner tells the orders.",
    ]
    first, second = core.asked
    assert (first["action"], first["plant"], first["item"], first["fingerprint"]) == ("PROPOSE", "oemz", "", None)
    assert (second["action"], second["fingerprint"]) == ("REPROMISE", "f1")
    assert (second["actor"], second["reason"]) == ("dispatcher", "704 was cancelled")


@pytest.mark.parametrize(("answer", "actions"), [("n\n", ["PROPOSE"]), ("y\n", ["PROPOSE", "REPROMISE"])])
def test_a_person_is_asked_before(core: Core, answer: str, actions: list[str]) -> None:
    result = CliRunner().invoke(repromise, ["oemz", "--include-sent", *BY], input=answer)
    assert result.exit_code == 0
    assert [(asked["action"], asked["include_sent"]) for asked in core.asked] == [(action, True) for action in actions]


def test_as_json_nothing_is_asked_and_nothing_done_without_yes(core: Core) -> None:
    found = json.loads(call(repromise, "oemz", "-o", "json").output)
    assert (found["done"], found["proposal"]["moves"][0]["after"]) == (False, "2026-12-07")
    assert [asked["action"] for asked in core.asked] == ["PROPOSE"]


def test_where_nobody_gains_nothing_is_asked(core: Core) -> None:
    core.moves = []
    assert call(repromise, "oemz", "--yes").output == "Nobody would get an earlier day. Nothing is changed.\n"
    assert json.loads(call(repromise, "oemz", "--yes", "-o", "json").output)["done"] is False


def test_what_has_changed_since_is_a_handled_failure(core: Core) -> None:
    core.states["REPROMISE"] = "CHANGED_SINCE"
    failed = call(repromise, "oemz", "--yes")
    assert failed.exit_code == 1
    assert "Nothing was changed" in str(failed.exception)


def test_a_core_that_does_not_answer_is_a_handled_failure(core: Core) -> None:
    core.states = {}
    failed = call(repromise, "oemz")
    assert isinstance(failed.exception, Unavailable)


@pytest.mark.parametrize("words", [("nobody",), ("oemz", "--item", "nothing")])
def test_what_the_hub_does_not_know_is_a_mistake_of_the_command(core: Core, words: tuple[str, ...]) -> None:
    assert call(repromise, *words).exit_code == 2
    assert core.asked == []
