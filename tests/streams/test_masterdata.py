"""Master data on the real Kafka: a publication reaches every partition once, whoever dies; publishers take turns."""

import json
import signal
import subprocess
import sys
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kranhub.broker.reading import Message
from kranhub.settings import Settings
from kranhub.wire.messages import MasterDataEntry
from streams.admin import masterdata_files
from streams.admin.publish import publish_masterdata
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from tests.support.fields import fields
from tests.support.omsk import OMSK, bumped
from tests.support.stack import Stack
from tools.harness.core import World, core, environment, proofs, start_core, stop, wait_for, world

pytestmark = pytest.mark.stack

PARTITIONS = {*range(6)}
ONLY = ("--only", "masterdata")


def files(settings: Settings) -> MasterData:
    return masterdata_files.load(settings)


def heard(around: World, topic: str) -> dict[int, list[Entry]]:
    """Return the entries in each partition, in their order."""
    found: dict[int, list[Entry]] = defaultdict(list)
    for message in sorted(around.read(topic), key=place):
        if value := message.value_as(MasterDataEntry):
            found[message.partition].append(entries.of_record(value))
    return found


def place(message: Message) -> tuple[int, int]:
    return message.partition, message.offset


def everywhere(around: World) -> list[list[Entry]]:
    """Return what each partition of hub.work and hub.allocation got."""
    by_topic = [heard(around, name) for name in ("hub.work", "hub.allocation")]
    return [by_topic[at].get(partition, []) for at in range(2) for partition in sorted(PARTITIONS)]


def wait_until_closed(around: World, version: int) -> list[list[Entry]]:
    """Wait until every partition got the publication of this number; return what each got."""

    def closed() -> list[list[Entry]]:
        found = everywhere(around)
        return (
            found
            if all(one and (one[-1].kind, one[-1].version) == (Kind.PUBLICATION, version) for one in found)
            else []
        )

    return list(wait_for(closed, f"publication {version} is everywhere"))


def publish(settings: Settings, folder: Path, old: str, new: str) -> int:
    """Change the nomenclature and run ``kranhub core publish``; return how many entries it wrote."""
    text = settings.required("nomenclature_file").read_text(encoding="utf-8")
    assert old in text
    file = folder / "items.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    changed = environment(settings, KRANHUB_NOMENCLATURE_FILE=str(file))
    command = [sys.executable, "-m", "kranhub", "core", "publish"]
    said = subprocess.run(command, env=changed, capture_output=True, text=True, check=True)
    return int(json.loads(said.stdout)["published"])


def test_a_publication_reaches_every_partition_and_a_repeat_says_nothing(
    stack: Stack, namespace: str, tmp_path: Path
) -> None:
    settings = stack.prepare(namespace)
    wanted = entries.entries(files(settings))
    with world(settings) as around, core(settings, *ONLY):
        assert wait_until_closed(around, 1) == [wanted] * 12
        assert publish(settings, tmp_path, "version: 1", "version: 1") == 0
        assert publish(settings, tmp_path, "Bridge span structure", "Bridge span") == 2
        found = wait_until_closed(around, 2)
        assert {len(one) for one in found} == {len(wanted) + 2}
        assert {one[-2].place for one in found} == {(Kind.ITEM, "bridge-span")}
        published = {message.key: fields(message) for message in around.read("hub.items") if message.value}
        assert set(published) == set(files(settings).items)
        assert published["bridge-span"]["name"]["en"] == "Bridge span"
        assert {message.key for message in around.read("hub.parties")} == set(files(settings).members.by_id)
        assert {message.key for message in around.read("hub.rules")} == {"stock-then-earliest|1"}
        assert {message.key for message in around.read("hub.rates")} == {rate.key for rate in OMSK.rates.rates}


@pytest.mark.parametrize("point", ["core.after-produce", "core.before-commit", "core.after-commit"])
def test_killed_amid_a_publication_the_stage_loses_and_doubles_nothing(
    stack: Stack, namespace: str, tmp_path: Path, point: str
) -> None:
    settings = stack.prepare(namespace)
    armed = {"KRANHUB_FAILPOINTS": f"{point}=kill@1", "KRANHUB_FAILPOINTS_DIR": str(tmp_path)}
    with world(settings) as around:
        killed = start_core(settings, *ONLY, "--instance", "one", **armed)
        try:
            assert killed.wait(60) == -signal.SIGKILL
        finally:
            stop(killed)
        assert proofs(tmp_path) == [point]
        with core(settings, *ONLY, "--instance", "one"):
            wanted = entries.entries(files(settings))
            assert wait_until_closed(around, 1) == [wanted] * 12
        items = [message.key for message in around.read("hub.items")]
        assert sorted(items) == sorted(files(settings).items)


def test_those_who_publish_at_once_take_turns_and_one_of_them_wins(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    masters = [named(files(settings), name) for name in "abc"]
    with world(settings) as around:
        threads = [
            threading.Thread(target=publish_masterdata, args=(settings, around.codec, master)) for master in masters
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        log = [entries.of_record(fields(message)) for message in around.read("hub.masterdata") if message.value]
        assert log[-1].kind == Kind.PUBLICATION
        found = entries.of(log)
        assert [found.items] in [[entries.of(entries.entries(master)).items] for master in masters]
        assert publish_masterdata(settings, around.codec, bumped(found, 1)) == 0


def test_many_who_publish_the_same_at_once_write_it_once_and_none_of_them_fails(stack: Stack, namespace: str) -> None:
    """As when a plant's supervisor starts all workers of the core together."""
    settings = stack.prepare(namespace)
    master = files(settings)
    with world(settings) as around, ThreadPoolExecutor(8) as workers:
        counts = list(workers.map(lambda _: publish_masterdata(settings, around.codec, master), range(8)))
        log = [entries.of_record(fields(message)) for message in around.read("hub.masterdata") if message.value]
    assert log == entries.entries(master)
    assert sorted(counts) == [0] * 7 + [len(log)]


def named(master: MasterData, name: str) -> MasterData:
    """Return the same with every item's English name changed."""
    items = tuple(
        item.model_copy(update={"name": item.name.model_copy(update={"en": f"{item.name.en} {name}"})})
        for item in master.nomenclature.items
    )
    nomenclature = master.nomenclature.model_copy(update={"items": items})
    return replace(master, nomenclature=nomenclature)
