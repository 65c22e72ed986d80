"""What members and items are called, from the hub's public topics: for people who read ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kranhub.broker import reading, topics
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.codec import Codec


@dataclass(frozen=True, slots=True)
class Names:
    """The names of members and items by their ids; an id without a name is its own."""

    members: Mapping[str, Text] = field(default_factory=dict)
    items: Mapping[str, Text] = field(default_factory=dict)

    def member(self, member: str) -> Text:
        """Return the member's name."""
        return self.members.get(member) or Text(en=member, ru=member)

    def item(self, item: str) -> Text:
        """Return the item's name, and its id behind it."""
        name = self.items.get(item)
        return Text(en=f"{name.en} ({item})", ru=f"{name.ru} ({item})") if name else Text(en=item, ru=item)


def read(settings: Settings, codec: Codec) -> Names:
    """Return the names that stand on hub.parties and hub.items. Raises as `reading.messages` does."""
    return Names(_names(settings, codec, "parties", "party"), _names(settings, codec, "items", "item"))


def _names(settings: Settings, codec: Codec, topic: str, field_name: str) -> dict[str, Text]:
    found = reading.messages(settings, codec, topics.hub(settings.namespace, topic))
    values = [message.value for message in found if message.value]
    return {value[field_name]: Text(**_both(value["name"])) for value in values}


def _both(name: Mapping[str, str]) -> dict[str, str]:
    """Return the name in both languages; one that is missing is the other."""
    known = name.get("en") or name.get("ru") or ""
    return {"en": name.get("en") or known, "ru": name.get("ru") or known}
