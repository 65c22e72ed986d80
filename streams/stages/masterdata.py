"""Masterdata: distributes what has changed, to public topics and to every partition of planner and allocator."""

import json
from typing import Any

from kranhub.broker import topics
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.processor import Context, Document, Outputs, Record, State
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind, Publication
from streams.routing.masterdata.items import Item
from streams.stages.support import masterdata_state
from streams.stages.support.item_codes import UNKNOWN_ITEM, ItemCodes
from streams.stages.support.public_topics import PUBLIC_TOPICS


class Masterdata:
    """Reads hub.masterdata, one partition; remembers every entry, so that a repeat sends nothing.

    Members' mappings are merged into the items' codes on the way. A publication is distributed when something changed
    since the last one, and numbered anew where mappings have made publications of their own.
    """

    name = "masterdata"
    state_version = 2

    def __init__(self, settings: Settings, codec: Codec) -> None:
        """Take the namespace and the codec."""
        self.inputs = (topics.hub(settings.namespace, "masterdata"),)
        self.changelog = topics.hub(settings.namespace, "masterdata-changelog")
        self._namespace, self._codec = settings.namespace, codec

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:  # noqa: ARG002  (a stage's interface)
        """Handle one entry: a calendar, a member, an item and so on, a member's mapping, or what closes a set.

        Args:
            record: The record.
            state: The state of its partition: all entries.
            outputs: What the stage sends.
            ctx: Not used.

        Raises:
            InvalidDocument: ``bad-masterdata`` where the entry cannot be read, ``rule-overwritten`` where a published
                version of a rule would change, ``two-documents`` where two of a member's documents map one code.
        """
        if record.value is None or record.envelope.type != masterdata_state.TYPE:
            return
        value = self._codec.decode_as(messages.MasterDataEntry, record.value, trusted=True)
        entry = entries.of_record(value)
        _Passing(self._namespace, record, state, outputs).take(entry)


class _Passing:
    """One entry on its way through the stage."""

    def __init__(self, namespace: str, record: Record, state: State, outputs: Outputs) -> None:
        self._namespace, self._record, self._state, self._outputs = namespace, record, state, outputs
        self._codes = ItemCodes(state)
        self._version: int
        self._closing: str | None
        self._open: bool
        self._version, self._closing, self._open = json.loads(state.get("publication") or b"[0, null, false]")

    def take(self, entry: Entry) -> None:
        value = _parse(entry)
        if entry.kind == Kind.PUBLICATION:
            self._close(entry, value)
        elif entry.kind == Kind.MAPPING:
            self._map(entry, value)
        else:
            self._change(entry, value)

    def _change(self, entry: Entry, value: Any) -> None:
        before = self._known(entry.kind, entry.key)
        if before == entry.content:
            return
        if entry.kind == Kind.RULE and value is not None:
            self._keep_rule(entry)
        self._keep("file", entry)
        self._keep_publication(is_open=True)
        if entry.kind == Kind.ITEM:
            concerned = self._codes.claim(entry.key, _item(before), value)
            for item in [entry.key, *sorted(concerned - {entry.key})]:
                self._send_item(item, entry.version)
        else:
            self._send(entry, value)

    def _keep_rule(self, entry: Entry) -> None:
        """Keep each version of a rule for ever: decisions name it.

        Raises:
            InvalidDocument: ``rule-overwritten`` where the version has another content already.
        """
        key = f"rule/{entry.key}|{entry.version}"
        known = self._state.get(key)
        if known is not None and known.decode() != entry.content:
            raise InvalidDocument(DocumentCode.RULE_OVERWRITTEN, _overwritten(entry))
        self._state.put(key, str(entry.content).encode())

    def _map(self, entry: Entry, mapping: Any) -> None:
        if mapping is None:
            member, _, code = entry.key.partition("|")
            self._codes.release_mapping(member, code)
            concerned = self._codes.forget(member, code)
        else:
            self._codes.claim_mapping(mapping, self._record.envelope.id.removesuffix(entries.PROPOSED))
            problem = self._codes.problem(mapping, _item(self._known(Kind.ITEM, mapping.item)))
            if problem:
                self._outputs.dead_letter(problem, key=entry.key, member=mapping.member)
            remember = problem is None or problem.code == UNKNOWN_ITEM
            concerned = self._codes.remember(mapping) if remember else set()
        sent = [self._send_item(item, self._version + 1) for item in sorted(concerned)]
        if any(sent) and self._closing and not self._open:
            self._publish(Publication.model_validate_json(self._closing))

    def _close(self, entry: Entry, value: Any) -> None:
        if value is not None and (self._open or entry.content != self._closing):
            self._closing = entry.content
            self._publish(value)

    def _publish(self, closing: Publication) -> None:
        self._version = max(self._version + 1, closing.version)
        self._keep_publication(is_open=False)
        closing = closing.model_copy(update={"version": self._version})
        self._send(Entry(*entries.PUBLICATION, self._version, entries.content(closing)), None)

    def _keep_publication(self, *, is_open: bool) -> None:
        """Keep the last publication, and whether entries have changed since."""
        self._open = is_open
        self._state.put("publication", json.dumps([self._version, self._closing, is_open]).encode())

    def _send_item(self, item: str, version: int) -> bool:
        """Send the item with all its codes if it has changed; return whether it has."""
        known = _item(self._known(Kind.ITEM, item))
        value = self._codes.merged(known) if known else None
        entry = Entry(Kind.ITEM, item, version, entries.content(value) if value else None)
        if self._known(Kind.ITEM, item, "sent") == entry.content:
            return False
        self._keep("sent", entry)
        self._send(entry, value)
        return True

    def _send(self, entry: Entry, value: Any) -> None:
        place = f"{self._record.offset}/{entry.kind}/{entry.key}"
        document = Document(Subject.MASTER_DATA_ENTRY, entries.record(entry), f"hub/MasterDataEntry/{place}")
        for name in ("work", "allocation"):
            self._outputs.broadcast(topics.hub(self._namespace, name), document)
        self._publish_entry(entry, value, place)

    def _publish_entry(self, entry: Entry, value: Any, place: str) -> None:
        """Put the entry on its public topic; what is gone is deleted there, except a rule's versions."""
        public = PUBLIC_TOPICS.get(entry.kind)
        if public is None:
            return
        topic, event_id = topics.hub(self._namespace, public.topic), f"hub/{public.subject}/{place}"
        if value is not None:
            key = f"{entry.key}|{entry.version}" if entry.kind == Kind.RULE else entry.key
            self._outputs.send(topic, key, Document(public.subject, public.make(value, entry.version), event_id))
        elif entry.kind != Kind.RULE:
            self._outputs.tombstone(topic, entry.key, public.subject, event_id)

    def _known(self, kind: str, key: str, place: str = "file") -> str | None:
        found = self._state.get(f"{place}/{kind}/{key}")
        return None if found is None else found.decode()

    def _keep(self, place: str, entry: Entry) -> None:
        key = f"{place}/{entry.kind}/{entry.key}"
        if entry.content is None:
            self._state.delete(key)
        else:
            self._state.put(key, entry.content.encode())


def _parse(entry: Entry) -> Any:
    if entry.kind not in entries.MODELS:
        raise InvalidDocument(DocumentCode.BAD_MASTERDATA, _newer(entry))
    try:
        return entries.parse(entry)
    except ValueError as error:
        raise InvalidDocument(DocumentCode.BAD_MASTERDATA, masterdata_state.contradiction(error)) from error


def _item(content: str | None) -> Item | None:
    return Item.model_validate_json(content) if content else None


def _newer(entry: Entry) -> Text:
    return Text(
        en=f"The master data has an entry of kind {entry.kind}, which this release does not know. Update the core on "
        "all machines, then run `kranhub core publish`.",
        ru=f"В справочниках есть запись вида {entry.kind}, которой эта версия не знает. Обновите ядро на всех машинах "
        "и выполните `kranhub core publish`.",
    )


def _overwritten(entry: Entry) -> Text:
    return Text(
        en=f"Rule {entry.key!r} has another content than its version {entry.version} that was published before. "
        "Give the changed rule a new version and run `kranhub core publish`.",
        ru=f"Содержание правила {entry.key!r} отличается от уже опубликованной версии {entry.version}. "
        "Дайте изменённому правилу новую версию и выполните `kranhub core publish`.",
    )
