"""The names of members and items, from the hub's public topics, for people who would otherwise read ids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kranhub.broker import reading, topics
from kranhub.broker.reading import Message
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec


@dataclass(frozen=True, slots=True)
class Names:
    """The names of members and items by their ids; where there is no name, the id is used."""

    members: Mapping[str, Text] = field(default_factory=dict)
    items: Mapping[str, Text] = field(default_factory=dict)

    def member(self, member: str) -> Text:
        """Return the member's name."""
        return self.members.get(member) or Text(en=member, ru=member)

    def item(self, item: str) -> Text:
        """Return the item's name, followed by its id."""
        name = self.items.get(item)
        return Text(en=f"{name.en} ({item})", ru=f"{name.ru} ({item})") if name else Text(en=item, ru=item)


def read(settings: Settings, codec: Codec) -> Names:
    """Return the names that hub.parties and hub.items hold.

    Raises:
        Failed: A topic does not exist.
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    parties = [message.value_as(messages.Party) for message in _read(settings, codec, "parties")]
    items = [message.value_as(messages.Item) for message in _read(settings, codec, "items")]
    return Names(
        {party["party"]: Text(**_both(party["name"])) for party in parties if party},
        {item["item"]: Text(**_both(item["name"])) for item in items if item},
    )


def _read(settings: Settings, codec: Codec, topic: str) -> Iterable[Message]:
    return reading.messages(settings, codec, topics.hub(settings.namespace, topic))


def _both(name: Mapping[str, str]) -> dict[str, str]:
    """Return the name in both languages; where one is missing, the other takes its place."""
    known = name.get("en") or name.get("ru") or ""
    return {"en": name.get("en") or known, "ru": name.get("ru") or known}
