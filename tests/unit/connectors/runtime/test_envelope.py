"""What stands around everything that a connector says: the installation, the schema, the trace."""

from types import SimpleNamespace
from typing import Any

from connectors.runtime.context import Context
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject

SETTINGS = Settings(namespace="omsk.", kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")
LOADED: Any = SimpleNamespace(member=SimpleNamespace(id="oemz"), name="sql")
CODEC: Any = SimpleNamespace(dataschema=lambda data: data and "http://127.0.0.1:1/schemas/ids/7")
CONTEXT = Context(SETTINGS, LOADED, CODEC)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_document_begins_a_trace_that_is_the_same_when_it_is_read_again() -> None:
    said = CONTEXT.about(Subject.ORDER, "oemz/Order/17/0/1", "17", b"data")
    assert (said.source, said.type, said.subject) == ("/kranhub/omsk/members/oemz", "kranhub.Order", "17")
    assert said.dataschema == "http://127.0.0.1:1/schemas/ids/7"
    assert said.traceparent == CONTEXT.about(Subject.ORDER, "oemz/Order/17/0/1", "17", b"data").traceparent
    assert said.traceparent != CONTEXT.about(Subject.ORDER, "oemz/Order/17/0/2", "17", b"data").traceparent
    assert envelope.read(envelope.headers(said)) == said


def test_a_receipt_goes_on_with_the_trace_of_what_was_delivered() -> None:
    came = Envelope("hub/PlantOrder/1", "/kranhub/omsk/hub/planner", "kranhub.PlantOrder", None, None, PARENT, "a=1")
    said = CONTEXT.about(Subject.RECEIPT, "oemz/Receipt/1", "1", b"data", cause=came)
    assert (said.traceparent, said.tracestate) == (PARENT, "a=1")


def test_what_came_without_a_trace_is_answered_with_a_new_one() -> None:
    came = Envelope("hub/PlantOrder/1", "/hub/planner", "kranhub.PlantOrder", tracestate="a=1")
    said = CONTEXT.about(Subject.RECEIPT, "oemz/Receipt/1", "1", b"data", cause=came)
    assert said.traceparent is not None
    assert said.tracestate is None


def test_a_tombstone_says_what_it_deletes() -> None:
    said = CONTEXT.about(Subject.CHECKPOINT, "oemz/Checkpoint/sql.source", "sql.source", None)
    assert dict(envelope.headers(said))["ce_type"] == b"kranhub.Checkpoint"
    assert said.dataschema is None
