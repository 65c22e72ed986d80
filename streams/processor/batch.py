"""One transaction's content: the records processed, what they lead to, and the state as it will be."""

import inspect
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

import structlog

from kranhub.broker import topics
from kranhub.errors import DocumentCode, Failed, InvalidDocument, KranhubError
from kranhub.text import Text
from kranhub.wire import dead_letter
from kranhub.wire.codec import Codec
from kranhub.wire.locations import TopicPartition
from streams.processor.outputs import MAX_BYTES, Outputs, ProducerRecord
from streams.processor.record import Context, Record
from streams.processor.stage import Stage
from streams.processor.state import changelog
from streams.processor.state.store import Changes, Layer, Store

log = structlog.get_logger()

MAX_KEY = 200
"""How many bytes of a record's key a line of the log shows."""

ATTEMPTS = 3
"""How often a record may raise an unforeseen exception before it is isolated as a ``defect``."""


class Batch:
    """Collects a transaction; nothing of it touches the state until `commit`."""

    def __init__(
        self,
        stage: Stage,
        codec: Codec,
        namespace: str,
        stores: Mapping[int, Store],
        partitions: Callable[[str], int] = lambda _topic: 1,
    ) -> None:
        """Start without records.

        Args:
            stage: The stage that handles the records.
            codec: Encodes what the stage sends.
            namespace: The prefix of the topics' names.
            stores: The committed state of each partition; none for a stage without state.
            partitions: Returns how many partitions an output topic has; raises `Misconfigured` for one that does not
                exist.
        """
        self._stage, self._stores = stage, stores
        self._layers = {partition: Layer(store) for partition, store in stores.items()}
        self._outputs = Outputs(codec, namespace, partitions)
        self._trusted = topics.hub(namespace, "")
        self.offsets: dict[TopicPartition, int] = {}
        """The next offset of each input's partition."""

    @property
    def dead_letters(self) -> Counter[str]:
        """How many dead letters the records lead to, by code: those of records refused, and what the stage wrote."""
        return self._outputs.dead_letters

    @property
    def outputs(self) -> Sequence[ProducerRecord]:
        """What the records lead to, without the changelog."""
        return self._outputs.records

    def process(self, records: Sequence[Record], seconds: float = math.inf) -> int:
        """Process the records in order, for about so long.

        The clock decides only how much goes into one transaction, never what a record leads to.

        Args:
            records: The records that were read.
            seconds: After how long no further record is begun.

        Returns:
            How many records were processed: the first ones. The others must be read again.

        Raises:
            Unavailable: The stage needs a system that is away now.
        """
        process, clock = self._process, monotonic
        next_offsets: dict[tuple[str, int], int] = {}
        enough, processed = clock() + seconds, 0
        for record in records:
            process(record)
            next_offsets[record.topic, record.partition] = record.offset + 1
            processed += 1
            if clock() > enough:
                break
        self.offsets |= {TopicPartition(*place): offset for place, offset in next_offsets.items()}
        return processed

    def changes(self) -> Iterator[ProducerRecord]:
        """Yield the state's changes and the input offsets, for the changelog's same partition."""
        topic = self._stage.changelog
        if topic is None:
            return
        for partition, layer in self._layers.items():
            for key, value in layer.changes.items():
                yield ProducerRecord(topic, changelog.state_key(key), value, None, partition)
        for (name, partition), offset in self.offsets.items():
            yield ProducerRecord(topic, changelog.offset_key(name), str(offset).encode(), None, partition)
            if self._stores[partition].version is None:
                yield ProducerRecord(topic, changelog.VERSION, str(self._stage.state_version).encode(), None, partition)

    def commit(self) -> None:
        """Make the changes part of the state: the transaction is committed."""
        for partition, layer in self._layers.items():
            self._stores[partition].apply(layer.changes)
        for _, partition in self.offsets:
            if partition in self._stores:
                self._stores[partition].version = self._stage.state_version

    def _process(self, record: Record) -> None:
        ctx, outputs = Context(self._stage.name, record, self._trusted), self._outputs
        below = self._layers.get(record.partition, _STATELESS)
        for attempt in range(1, ATTEMPTS + 1):
            layer = Layer(below)
            savepoint = outputs.begin(record, ctx)
            try:
                self._once(record, layer, ctx)
            except InvalidDocument as error:
                return self._refuse(savepoint, record, error)
            except _NOT_THE_RECORDS:
                raise
            except BaseException:
                log.exception("defect", stage=ctx.stage, attempt=attempt, **_about(record))
                outputs.rollback(savepoint)
            else:
                if layer.changes:
                    below.merge(layer)
                return None
        return self._refuse(savepoint, record, InvalidDocument(DocumentCode.DEFECT, _defect(ctx.stage)))

    def _once(self, record: Record, layer: Layer, ctx: Context) -> None:
        if not record.readable:
            raise InvalidDocument(DocumentCode.UNREADABLE_HEADERS, _unreadable())
        returned: object = self._stage.process(record, layer, self._outputs, ctx)  # type: ignore[func-returns-value]
        if returned is not None:
            raise _returned(returned)
        if layer.changes:
            _require_room(layer.changes)

    def _refuse(self, savepoint: int, record: Record, error: InvalidDocument) -> None:
        """Write a dead letter of the record.

        Raises:
            Failed: No dead letter of it can be written at all.
        """
        self._outputs.rollback(savepoint)
        try:
            self._outputs.dead_letter(error)
        except Exception as raised:
            if isinstance(raised, _NOT_THE_RECORDS) and not isinstance(raised, InvalidDocument):
                raise
            log.exception("dead letter", stage=self._stage.name, **_about(record))
            self._outputs.rollback(savepoint)
            self._refuse_briefly(record, error)

    def _refuse_briefly(self, record: Record, error: InvalidDocument) -> None:
        try:
            self._outputs.brief_dead_letter(error.code)
        except InvalidDocument as raised:
            raise Failed(_not_writable(str(record.location), raised.text)) from raised


def _about(record: Record) -> dict[str, Any]:
    """Return what a line of the log has of a record: its place and its key, the order's on the hub's own topics."""
    key = dead_letter.short(record.key, MAX_KEY)
    return {"topic": record.topic, "offset": record.offset, "order" if ":" in key else "key": key}


_NOT_THE_RECORDS = (KranhubError, MemoryError, KeyboardInterrupt)
"""Exceptions that no record causes: a system is away, or the machine has no memory left. They end the batch or the
process."""


class _Stateless(Layer):
    """What a stage without a changelog gets: nothing is remembered from one record to the next."""

    __slots__ = ()

    def merge(self, layer: Layer) -> None:
        """Forget the layer."""


_STATELESS = _Stateless(Store())


def _returned(value: object) -> TypeError:
    if inspect.iscoroutine(value):
        value.close()
    return TypeError(f"process returned {type(value).__name__}; a stage sends through outputs and returns None")


def _require_room(changes: Changes) -> None:
    """Check that the changelog would take the changes; a character has at most four bytes.

    Raises:
        InvalidDocument: ``too-large`` where it would not.
    """
    for key, value in changes.items():
        size = len(value) if value is not None else 0
        if size + 4 * len(key) > MAX_BYTES and size + len(changelog.state_key(key)) > MAX_BYTES:
            raise InvalidDocument(DocumentCode.TOO_LARGE, _too_much(dead_letter.short(key, 100), size))


def _too_much(key: str, size: int) -> Text:
    return Text(
        en=f"The state of {key} would have {size} bytes with this record; a topic takes {MAX_BYTES}. Split the "
        "document, or close what is finished.",
        ru=f"С этой записью состояние {key} заняло бы {size} байт, а топик принимает {MAX_BYTES}. Разделите документ "
        "или закройте завершённое.",
    )


def _unreadable() -> Text:
    return Text(
        en="The record has a header whose name is not UTF-8. Write with the hub's connector, or name headers in UTF-8.",
        ru="У записи есть заголовок с именем не в UTF-8. Пишите коннектором центра или называйте заголовки в UTF-8.",
    )


def _not_writable(place: str, why: Text) -> Text:
    return Text(
        en=f"The dead letter of {place} cannot be written. {why.en} The stage stops here; nothing is lost.",
        ru=f"Не удалось записать письмо о {place}. {why.ru} Этап остановлен на этом месте; ничего не потеряно.",
    )


def _defect(stage: str) -> Text:
    return Text(
        en=f"The hub's stage {stage} cannot process this record: a defect of the hub. Tell its developers the dead "
        "letter's id; after the repair `kranhub send-again` sends its record again.",
        ru=f"Этап {stage} не смог обработать запись: ошибка в самом центре. Сообщите разработчикам номер письма; после "
        "исправления запись отправит снова `kranhub send-again`.",
    )
