"""The stage of docs/processor.md is taken from the page and run; the page's figures and failpoints are the code's."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kranhub.settings import Settings
from kranhub.wire import dead_letter
from kranhub.wire.envelope import Envelope, headers
from kranhub.wire.messages import Alert, Subject
from streams.processor import Record, Stage, batch, batch_size, outputs, processor
from streams.processor.batch import Batch
from streams.processor.kafka import cluster
from streams.processor.state.changelog import Restored
from streams.processor.state.store import Store
from tests.support import batches, samples
from tests.support.batches import CODEC, NAMESPACE, WORK, quiet

__all__ = ["quiet"]

PAGE = Path("docs/processor.md").read_text(encoding="utf-8")
KEY = "sibir-terminal:17"
ALERTS, CHANGELOG = "t.hub.alerts", "t.hub.restless-changelog"


@pytest.fixture
def stage() -> Stage:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    defined: dict[str, Any] = {"__name__": "page"}
    exec(compile(code, "docs/processor.md", "exec"), defined)
    return defined["Restless"](Settings(namespace=NAMESPACE), CODEC)  # type: ignore[no-any-return]


def record(offset: int, subject: str = "Order", *, tombstone: bool = False) -> Record:
    """An order, as ingest would have written it to hub.work, or another record there."""
    value = {"Order": samples.order(lines=[samples.order_line(quantity=Decimal(offset + 1))])}
    data = CODEC.encode(Subject(subject), value.get(subject, {"time": samples.INSTANT}))
    head = Envelope(f"event-{offset}", "/members/sibir-terminal", f"kranhub.{subject}", recorded=samples.INSTANT)
    return batches.record(offset, KEY, None if tombstone else data, headers=headers(head))


def run(stage: Stage, records: list[Record], size: int, store: Store) -> list[Batch]:
    """Process the records in transactions of this size, each committed."""
    made = [batches.batch(stage, store) for _ in range(0, len(records), size)]
    for number, one in enumerate(made):
        part = records[number * size : (number + 1) * size]
        assert one.process(part) == len(part)
        one.commit()
    return made


def test_the_third_version_is_told_once(stage: Stage) -> None:
    (made,) = run(stage, [record(number) for number in range(5)], 5, Store())
    (alert,) = made.outputs
    assert (alert.topic, alert.key) == (ALERTS, KEY.encode())
    value = CODEC.decode_as(Alert, alert.value or b"")
    assert (value["owner"], value["order_key"], value["raised_at"]) == ("sibir-terminal", KEY, samples.INSTANT)
    assert dict(alert.headers or [])["ce_id"] == f"hub/Alert/restless/{KEY}".encode()


def test_it_passes_by_what_is_no_order(stage: Stage) -> None:
    store = Store()
    (made,) = run(stage, [record(0, "Tick"), record(1, tombstone=True)], 2, store)
    assert (made.outputs, store.values, made.offsets) == ([], {}, {(WORK, 0): 2})


def test_the_tenth_is_a_dead_letter_and_the_state_is_as_before(stage: Stage) -> None:
    store = Store()
    (made,) = run(stage, [record(number) for number in range(11)], 11, store)
    assert [letter["code"] for letter in batches.dead_letters(made)] == ["changes-too-often"] * 2
    assert [letter["offset"] for letter in batches.dead_letters(made, batches.EVENTS)] == [9, 10]
    assert store.values == {KEY: b"9"}


@pytest.mark.parametrize("size", [1, 2, 7])
def test_it_is_deterministic_however_records_are_batched(stage: Stage, size: int) -> None:
    records = [record(number) for number in range(12)]
    (whole,) = run(stage, records, 12, Store())
    parts = run(stage, records, size, Store())
    assert [said for one in parts for said in one.outputs] == whole.outputs


def test_its_state_comes_back_from_its_changelog(stage: Stage) -> None:
    (made,) = run(stage, [record(number) for number in range(2)], 2, Store())
    again = batches.batch(stage)
    again.process([record(number) for number in range(2)])
    restored = Restored()
    for change in again.changes():
        assert (change.topic, change.partition) == (CHANGELOG, 0)
        restored.take(change.key, change.value)
    assert (restored.values, restored.offsets, restored.version) == ({KEY: b"2"}, {WORK: 2}, 1)
    (later,) = run(stage, [record(2)], 1, Store(restored.values, restored.version))
    assert (len(made.outputs), len(later.outputs)) == (0, 1)


def test_the_page_names_every_failpoint_of_the_commit_in_order() -> None:
    files = [Path(f"streams/processor/{name}.py") for name in ("processor", "checkpoint")]
    code = "\n".join(file.read_text(encoding="utf-8") for file in files)
    table = re.findall(r"^\| \d \|.*\| `(core\.[a-z-]+)` \|$", PAGE, re.MULTILINE)
    assert table == re.findall(r'failpoint\("(core\.[a-z-]+)"\)', code)


@pytest.mark.parametrize(
    "words",
    [
        f"{outputs.MAX_BYTES:,} bytes, else `too-large`",
        f"{dead_letter.MAX_RECORD:,} bytes",
        f"at most {dead_letter.MAX_ORIGINAL:,} bytes of the original and {dead_letter.MAX_TEXT:,} bytes each",
        f"about {batch_size.TARGET_S} s, at most {batch_size.LARGEST:,}; the first batch has {batch_size.FIRST}",
        f"processed for {batch_size.ENOUGH_S:.0f} s takes no more",
        f"After {processor.ABORTS} aborts in a row",
        f"tried {batch.ATTEMPTS} times at once",
        f"`offsets.retention.minutes={cluster.OFFSETS_RETENTION_MIN}`",
        f"`KRANHUB_STATE_LIMIT_MB`, {Settings.model_fields['state_limit_mb'].default} MB",
        f"every `KRANHUB_TICK_S` seconds ({Settings.model_fields['tick_s'].default})",
    ],
)
def test_the_pages_figures_are_the_codes(words: str) -> None:
    assert words in " ".join(PAGE.split())
