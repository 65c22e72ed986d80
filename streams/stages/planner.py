"""Planner: one partition holds an order's whole story; the pure planner decides, this says it on the topics."""

from kranhub import topics
from kranhub.codec import Codec
from kranhub.settings import Settings
from streams.exactly_once import Context, Document, Out, Record, State
from streams.router import effects, model, planner
from streams.router.effects import Effect, Now
from streams.router.masterdata import MasterData

_TYPES = frozenset(
    f"kranhub.{subject}" for subject in ("Order", "OrderResponse", "ProductionStatus", "Receipt", "AllocationResult")
)

_TOPICS = {
    "PlantOrder": ("work", "events"),
    "OrderStatus": ("work", "events"),
    "RoutingDecision": ("decisions", "events"),
    "Alert": ("alerts", "events"),
    "AllocationRequest": ("allocation",),
}


class Planner:
    """Reads hub.work by root order; remembers each order; plans, routes and follows it."""

    name = "planner"
    state_version = 1

    def __init__(self, settings: Settings, codec: Codec, master: MasterData) -> None:
        """Take the namespace, the codec and the master data."""
        self.inputs = (topics.hub(settings.namespace, "work"),)
        self.changelog = topics.hub(settings.namespace, "planner-changelog")
        self._namespace, self._codec, self._master = settings.namespace, codec, master

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Take one event of an order; what the hub itself said on hub.work is passed by."""
        if record.value is None or record.envelope.type not in _TYPES:
            return
        subject, value = self._codec.decode(record.value, trusted=True)
        known = state.get(record.key)
        before = model.load(known) if known else None
        now = Now(record.envelope.id, ctx.time)
        after, said = planner.handle(before, subject, value, now, self._master)
        if after is not None and after != before:
            state.put(record.key, model.dump(after))
        for effect in said:
            self._say(effect, record.key, out)

    def _say(self, effect: Effect, order_key: str, out: Out) -> None:
        document = Document(effect.subject, effect.value, effect.id)
        for name in _TOPICS[effect.subject]:
            key = effect.key if name == "allocation" else order_key
            extra = rule_headers() if effect.subject == "PlantOrder" else ()
            out.send(topics.hub(self._namespace, name), key, document, extra)


def rule_headers() -> tuple[tuple[str, bytes], ...]:
    """Return the headers of a routed order: the rule that chose the plant, and its version."""
    return (("kranhub-rule", effects.RULE.encode()), ("kranhub-rule-version", effects.RULE_VERSION.encode()))
