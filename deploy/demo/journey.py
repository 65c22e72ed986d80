"""The journey as it goes: follows hub.events and draws each order as a row."""

import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from deploy.demo.clerks import Wish
from kranhub import identifiers
from kranhub.broker import reading, topics
from kranhub.broker.reading import Message
from kranhub.errors import KranhubError
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import OrderLineState
from kranhub.wire.registry import Registry

ANSWERS = {"AB": "…", "AP": "✓", "CA": "≈", "RE": "✗"}
HEADINGS = (
    Text(en="order", ru="заказ"),
    Text(en="what", ru="что"),
    Text(en="state", ru="состояние"),
    Text(en="promise", ru="обещано"),
    Text(en="plants", ru="заводы"),
)


class Journey:
    """What is known of the orders so far. A context manager: inside it, a thread follows the events."""

    def __init__(self, settings: Settings, wishes: Mapping[str, Wish]) -> None:
        """Take the orders to follow, by their numbers."""
        self._settings, self._wishes = settings, wishes
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._numbers: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.promises: dict[str, str] = {}
        self.plants: dict[str, dict[str, tuple[str, str]]] = {}
        self.error: KranhubError | None = None

    def __enter__(self) -> "Journey":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def table(self) -> Table:
        """Draw what is known now."""
        table = Table(title=str(Text(en="The journey", ru="Путь заказов")))
        for heading in HEADINGS:
            table.add_column(str(heading))
        with self._lock:
            for number, wish in self._wishes.items():
                plants = self.plants.get(number, {})
                answers = "  ".join(f"{plant} {shown}" for plant, shown in plants.values())
                promise = self.promises.get(number, "")
                table.add_row(number, str(wish.title), self.states.get(number, ""), promise, answers)
        return table

    def _run(self) -> None:
        try:
            with Registry(endpoints(self._settings).registry_url) as registry:
                events = topics.hub(self._settings.namespace, "events")
                follow = lambda: not self._done.is_set()  # noqa: E731
                for message in reading.messages(self._settings, Codec(registry), events, follow=follow):
                    self._note(message)
        except KranhubError as error:
            self.error = error

    def _note(self, message: Message) -> None:
        order_id = identifiers.order_of(message.key)[1]
        order = message.value_as(messages.Order)
        status = message.value_as(messages.OrderStatus)
        sent = message.value_as(messages.PlantOrder)
        answer = message.value_as(messages.OrderResponse)
        fields: Mapping[str, object] = message.value or {}
        with self._lock:
            if name := order["number"] if order else fields.get("order_number"):
                self._numbers[order_id] = f"{name}"
            number = self._numbers.get(order_id, order_id)
            if status and status["addressee"] in (None, status["buyer"]):
                self.states[number] = _state(status)
                self.promises[number] = str(status["promised_date"] or "")
            elif sent:
                plants = self.plants.setdefault(number, {})
                plants.setdefault(sent["plant_order_id"], (sent["plant"], "…"))
            elif answer:
                shown = ANSWERS.get(answer["response_code"], "?")
                self.plants.setdefault(number, {})[answer["plant_order_id"]] = (answer["plant"], shown)


def _state(status: messages.OrderStatus) -> str:
    """Return the order's state, and how many of its lines are held beside it."""
    held = sum(line["state"] is OrderLineState.ON_HOLD for line in status["lines"])
    return f"{status['state']}, ON_HOLD: {held}" if held else str(status["state"])


class Screen:
    """Draws the journey: live on a terminal, a plain line per change elsewhere. On standard error."""

    def __init__(self, journey: Journey) -> None:
        """Take what to draw."""
        self._journey = journey
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._printed: dict[str, str] = {}

    def __enter__(self) -> "Screen":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def draw(self) -> None:
        """Draw the state of now."""
        if self._live:
            self._live.update(Group(self._journey.table()), refresh=True)
            return
        for number, state in list(self._journey.states.items()):
            if self._printed.get(number) != state:
                self._printed[number] = state
                sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {number}: {state}\n")

    def finish(self) -> None:
        """Leave the whole table behind where it was not drawn live."""
        if not self._live:
            Console(stderr=True, width=150).print(self._journey.table())
