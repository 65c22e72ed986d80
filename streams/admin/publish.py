"""Publishes the files' master data to hub.masterdata: what differs from what is published, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from kranhub.broker import admin, reading, topics
from kranhub.errors import Fenced, Misconfigured, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope, messages
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.admin import impact
from streams.processor.kafka import clients
from streams.processor.kafka.errors import Aborted
from streams.processor.kafka.guarded import TransactionalProducer
from streams.routing.masterdata import entries, removed_members
from streams.routing.masterdata.entries import PUBLICATION, Entry, Kind
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.removed_members import Concern, Leaving

log = structlog.get_logger()

PUBLISHER = "~publish"
"""The transactional id's last part: no worker can have this name, and whoever publishes has it."""

PATIENCE_S = 60.0
"""How long to try: a process that begins to publish ends the publication of another."""

STEP_BACK_S = 0.5
"""The longest first wait of a publisher that another one has ended; it doubles each time, up to 8 s. The wait is
random, so that processes that start together do not end each other for ever."""

Known = Mapping[tuple[str, str], Entry]
"""What stands in hub.masterdata, by place."""


class NotPublished(Misconfigured):
    """The files must not take the place of what is published as they are; the former holds."""


class _Overtaken(Unavailable):
    """Somebody else has begun to publish in the meantime."""


def publish_masterdata(settings: Settings, codec: Codec, master: MasterData, *, force: bool = False) -> int:
    """Create the members' topics and write what differs.

    Args:
        settings: The installation's settings.
        codec: What encodes and decodes the hub's records.
        master: The master data to publish.
        force: Whether to publish although open orders name what leaves, or several members leave at once (`impact`).

    Returns:
        How many entries were written; 0 when it is repeated.

    Raises:
        NotPublished: When the files' version is below the published one, a rule has changed without a new version,
            topics cannot be created, or what leaves is against it and ``force`` is not set.
        Unavailable: When Kafka or the registry is away, or others keep publishing for a minute.
        Failed: When there is no such topic.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(_Overtaken),
        stop=stop_after_delay(PATIENCE_S),
        wait=wait_random_exponential(STEP_BACK_S, max=16 * STEP_BACK_S),
        reraise=True,
    )
    return retrying(_publish, settings, codec, master, force=force)


def _publish(settings: Settings, codec: Codec, master: MasterData, *, force: bool) -> int:
    """Write what differs once, and return how many entries that was. Raises `_Overtaken`."""
    changed = changes(_known(settings, codec), master)
    gone = removed_members.leaving(changed)
    require(gone, impact.concerns(settings, codec, gone), force=force)
    _create_topics(settings, master)
    if not changed:
        return 0
    producer = clients.producer(settings, "masterdata", PUBLISHER)
    try:
        producer.init_transactions(30)
        changed = changes(_known(settings, codec), master)
        if removed_members.leaving(changed) != gone:
            raise _Overtaken(_busy())
        _transact(settings, codec, producer, changed)
    except (Fenced, Aborted):
        raise _Overtaken(_busy()) from None
    return len(changed)


def require(gone: Leaving, concerns: Sequence[Concern], *, force: bool) -> None:
    """Require that what leaves does not prevent a publication.

    Args:
        gone: What is no longer part of the master data.
        concerns: What of that open orders name.
        force: Whether a person forces what can be forced.

    Raises:
        NotPublished: Where open orders, or the number of those who leave, prevent it (`impact`).
    """
    if refused := impact.refusals(concerns):
        raise NotPublished(impact.joined(refused))
    if not force and (objections := impact.objections(gone, concerns)):
        raise NotPublished(impact.insist(objections))


def _create_topics(settings: Settings, master: MasterData) -> None:
    try:
        created = admin.add_members(settings, master.members)
    except Misconfigured as error:
        raise NotPublished(error.text) from error
    if created:
        log.info("topics created", count=len(created), first=created[0])


def changes(known: Known, master: MasterData) -> list[Entry]:
    """Return the entries to write, in their order, so that what is published becomes the master data.

    What leaves follows without content, and a publication entry closes them.

    Args:
        known: What is published.
        master: The master data to publish.

    Raises:
        NotPublished: When the files' version is below the published one, or a rule has changed without a new version.
    """
    *wanted, closing = entries.entries(master)
    published = known.get(PUBLICATION)
    if published is not None and published.version > master.version:
        raise NotPublished(_outdated(master.version, published.version))
    changed = [entry for entry in wanted if not _stands(entry, known)]
    for entry in changed:
        _require_new_version(entry, known)
    changed += _gone(known, {entry.place for entry in wanted}, master.version)
    return [*changed, closing] if changed or not _stands(closing, known) else []


def _stands(entry: Entry, known: Known) -> bool:
    return entry.place in known and known[entry.place].content == entry.content


def _require_new_version(entry: Entry, known: Known) -> None:
    before = known.get(entry.place)
    if entry.kind == Kind.RULE and before and before.content and before.version >= entry.version:
        raise NotPublished(_same_version(entry.key, before.version))


def _gone(known: Known, wanted: set[tuple[str, str]], version: int) -> Iterator[Entry]:
    """Yield the end of each known entry of the files that is not wanted any more: first what names others."""
    for kind in reversed(Kind):
        if kind not in (Kind.MAPPING, Kind.PUBLICATION):
            left = (entry for entry in known.values() if entry.kind == kind and entry.place not in wanted)
            yield from (Entry(kind, entry.key, version, None) for entry in left if entry.content is not None)


def _known(settings: Settings, codec: Codec) -> dict[tuple[str, str], Entry]:
    topic = topics.hub(settings.namespace, "masterdata")
    read = (message.value_as(messages.MasterDataEntry) for message in reading.messages(settings, codec, topic))
    found = (entries.of_record(value) for value in read if value)
    return {entry.place: entry for entry in found}


def _transact(settings: Settings, codec: Codec, producer: TransactionalProducer, changed: Sequence[Entry]) -> None:
    topic = topics.hub(settings.namespace, "masterdata")
    producer.begin_transaction()
    for entry in changed:
        data = codec.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry))
        about = _about(settings.namespace, entry, codec.dataschema(data))
        producer.produce(topic, data, entry.record_key.encode(), headers=envelope.headers(about))
    producer.commit_transaction(10)


def _about(namespace: str, entry: Entry, dataschema: str | None) -> Envelope:
    now = datetime.now(UTC)
    number = f"hub/MasterDataEntry/{entry.kind}/{entry.key}/{entry.version}/{now.isoformat()}"
    source = envelope.hub_source(namespace, "publish")
    about = Envelope(number, source, "kranhub.MasterDataEntry", now, traceparent=envelope.new_trace(source + number))
    return about._replace(subject=entry.record_key, dataschema=dataschema)


def _outdated(version: int, published: int) -> Text:
    return Text(
        en=f"The files hold version {version} of the master data, but {published} is published. Take the current files "
        "to this machine; if these are what should hold, give the nomenclature a higher `version`.",
        ru=f"В файлах версия справочников {version}, а опубликована {published}. Перенесите на эту машину текущие "
        "файлы; если верны эти, поднимите `version` в номенклатуре.",
    )


def _same_version(rule: str, version: int) -> Text:
    return Text(
        en=f"The rule {rule!r} has changed, but its version is not above the published {version}. Raise its `version`: "
        "decisions name the version by which they were made.",
        ru=f"Правило {rule!r} изменилось, но его версия не выше опубликованной ({version}). Поднимите его `version`: "
        "решения называют версию, по которой приняты.",
    )


def _busy() -> Text:
    return Text(
        en="Others publish master data at the same time. Wait a moment and run `kranhub core publish`.",
        ru="Справочники одновременно публикует кто-то ещё. Подождите и выполните `kranhub core publish`.",
    )
