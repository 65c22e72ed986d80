"""The stage `ingest` without Kafka: what a member writes, and what the stage makes of it."""

from typing import Any

from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire.envelope import Envelope, headers
from kranhub.wire.messages import Subject
from streams.processor import Record
from streams.processor.batch import Batch
from streams.stages.ingest import Ingest
from tests.support import batches, samples
from tests.support.batches import CODEC, NAMESPACE

INGEST = Ingest(Settings(namespace=NAMESPACE), CODEC)


def came(member: str, subject: str, value: Any) -> Record:
    """Return what a member has written, with this subject."""
    topic = topics.out(NAMESPACE, member, topics.kind_of(Subject(subject)))
    head = headers(Envelope("e1", f"/members/{member}", f"kranhub.{subject}", samples.INSTANT))
    return batches.record(0, "any", CODEC.encode(Subject(subject), value), topic, head)


def ingested(member: str, subject: str, value: Any) -> tuple[Record, Batch]:
    """Let the stage take what a member has written; return it and the batch, which has refused nothing."""
    record, batch = came(member, subject, value), batches.batch(INGEST)
    batch.process([record])
    assert batches.dead_letters(batch) == []
    return record, batch
