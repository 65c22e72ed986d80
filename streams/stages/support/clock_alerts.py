"""Members' clocks that are ahead: of what ingest finds, one alert in an hour is sent for each member."""

from collections.abc import Sequence
from datetime import datetime

from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from streams.processor import Context, Document, Outputs, Record, State
from streams.routing.notify import clock_alert


class ClockAlerts:
    """Sends alerts for the allocator, one of whose partitions reads all that concerns a member.

    The state holds, under ``clock``, when each alert was sent last.
    """

    def __init__(self, alerts: Sequence[str], codec: Codec) -> None:
        """Take the topics of alerts and the codec."""
        self._topics, self._codec = alerts, codec

    def send(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Send the Alert of this record, unless it was sent a short time ago.

        Args:
            record: The record, an Alert that ingest proposes.
            state: The state of its partition.
            outputs: What the stage sends.
            ctx: The hub's time of the record.
        """
        data = record.value or b""
        alert = self._codec.decode_as(messages.Alert, data, trusted=True)
        key = f"clock/{alert['alert_id']}"
        last = state.get(key)
        if not clock_alert.is_due(datetime.fromisoformat(last.decode()) if last else None, ctx.time):
            return
        state.put(key, ctx.time.isoformat().encode())
        document = Document(Subject.ALERT, data, f"hub/Alert/{alert['alert_id']}/{ctx.time.isoformat()}")
        for topic in self._topics:
            outputs.send(topic, record.key, document)
