"""One transaction's content: the records processed, what they lead to, and the state as it will be."""

from collections.abc import Iterator, Mapping, Sequence

import structlog

from kranhub.codec import Codec
from kranhub.errors import InvalidDocument, KranhubError
from kranhub.text import Text
from streams.exactly_once import restore
from streams.exactly_once.out import Out, Output
from streams.exactly_once.restore import Place
from streams.exactly_once.stage import Context, Record, Stage
from streams.exactly_once.store import Layer, Store

log = structlog.get_logger()

ATTEMPTS = 3
"""How often a record may raise an unforeseen exception before it is isolated as a ``defect``."""


class Batch:
    """Collects a transaction; nothing of it touches the state until `commit`."""

    def __init__(self, stage: Stage, codec: Codec, namespace: str, stores: Mapping[int, Store]) -> None:
        """Take the stage and the committed state of its partitions."""
        self._stage, self._codec, self._namespace, self._stores = stage, codec, namespace, stores
        self._layers: dict[int, Layer] = {}
        self.outputs: list[Output] = []
        self.offsets: dict[Place, int] = {}

    def process(self, records: Sequence[Record]) -> None:
        """Process the records in order. Raises `Unavailable` when the stage needs what is away now."""
        for record in records:
            self._process(record)
            self.offsets[record.topic, record.partition] = record.offset + 1

    def changelog(self) -> Iterator[Output]:
        """Yield the state's changes and the input offsets, for the changelog's same partition."""
        topic = self._stage.changelog
        if topic is None:
            return
        for partition, layer in self._layers.items():
            for key, value in layer.changes.items():
                yield Output(topic, (restore.STATE + key).encode(), value, [], partition)
        for (name, partition), offset in self.offsets.items():
            yield Output(topic, (restore.OFFSET + name).encode(), str(offset).encode(), [], partition)

    def commit(self) -> None:
        """Make the changes part of the state: the transaction is committed."""
        if self._stage.changelog is not None:
            for partition, layer in self._layers.items():
                self._stores[partition].apply(layer.changes)

    def _process(self, record: Record) -> None:
        ctx = Context(self._stage.name, record.envelope.recorded or record.timestamp)
        for attempt in range(1, ATTEMPTS + 1):
            out, layer = Out(self._codec, record, ctx, self._namespace), Layer(self._layer(record.partition))
            try:
                self._stage.process(record, layer, out, ctx)
            except InvalidDocument as error:
                return self._refuse(record, ctx, error)
            except KranhubError:
                raise
            except Exception:
                log.exception("defect", stage=ctx.stage, topic=record.topic, offset=record.offset, attempt=attempt)
            else:
                self._layer(record.partition).merge(layer)
                self.outputs += out.outputs
                return None
        return self._refuse(record, ctx, InvalidDocument("defect", _defect(ctx.stage)))

    def _refuse(self, record: Record, ctx: Context, error: InvalidDocument) -> None:
        out = Out(self._codec, record, ctx, self._namespace)
        out.dead_letter(error)
        self.outputs += out.outputs

    def _layer(self, partition: int) -> Layer:
        if partition not in self._layers:
            self._layers[partition] = Layer(self._stores.get(partition) or Store())
        return self._layers[partition]


def _defect(stage: str) -> Text:
    return Text(
        en=f"The hub's stage {stage} cannot process this record: a defect of the hub. Tell its developers the dead "
        "letter's id; the document can be sent again after the repair.",
        ru=f"Этап {stage} не смог обработать запись: ошибка в самом центре. Сообщите разработчикам номер письма; после "
        "исправления документ можно отправить снова.",
    )
