"""A plant leaves the master data while it has orders: under another id by mistake, and altogether."""

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from kranhub import identifiers
from tools.faults.installation.installation import CommandResult, Installation
from tools.faults.installation.verify import statuses
from tools.faults.installation.waiting import has_more, wait_for

MOTORS, RENAMED = "oemz", "oemz-elektro"
"""The only plant that makes motors, and another id for it."""

PAINTERS, OTHERS = "tsvetnoy-bulvar", "zmk-most"
"""Two plants that paint: what one cannot be given goes to the other."""

GONE, HELD = "plant-gone", "ON_HOLD"
Files = Mapping[str, str]
"""The texts of the files that name members."""

NAMES = ("members", "nomenclature")


def member_renamed(here: Installation) -> None:
    """A plant gets another id, which is another member; the id is restored, and an operator reassigns the orders.

    Meanwhile the former member's orders wait, and new ones go to the new id.
    """
    whole, came = _files(here), len(statuses(here))
    preview, stand = _leaves(here, MOTORS, {name: text.replace(MOTORS, RENAMED) for name, text in whole.items()})
    assert preview["topics"], preview
    assert all(f".{RENAMED}." in topic for topic in preview["topics"]), preview["topics"]
    wait_for(lambda: _orders_of(here, RENAMED), "new orders go to the new name")
    _put_back(here, whole)
    wait_for(lambda: not _waiting(here, MOTORS), "what stood at the plant goes on")
    _require_notified(here, came, stand)
    wait_for(lambda: set(_waiting(here, RENAMED)) == _orders_of(here, RENAMED), "what the new name was given stands")
    for order in _waiting(here, RENAMED):
        result = here.kranhub("orders", "override-plant", order, "--plant", MOTORS, "--reason", "it is the same plant")
        assert result.code == 0, result.output
    wait_for(lambda: not here.waiting(), "nothing waits for a person any more")


def member_removed(here: Installation) -> None:
    """A plant is removed: its orders wait, new ones go to another plant; once it is back, its orders continue."""
    whole, came, before = _files(here), len(statuses(here)), here.delivered(OTHERS)
    _, stand = _leaves(here, PAINTERS, _without(whole, PAINTERS))
    wait_for(lambda: has_more(here, OTHERS, before + 2), f"new orders go to {OTHERS}")
    _put_back(here, whole)
    wait_for(lambda: not here.waiting(), "what stood at the plant goes on")
    _require_notified(here, came, stand)


def _leaves(here: Installation, plant: str, files: Files) -> tuple[Any, set[str]]:
    """Publish files in which the plant is no member: first as a preview, then refused, then forced.

    The plant's orders must then wait for an operator. Returns the preview, and the customer's numbers of these orders.
    """
    _write(here, files)
    stand = {identifiers.order_key_of(reference) for reference in here.held(plant)}
    assert stand, f"nothing stands at {plant}"
    shown = _publish(here, "--dry-run", "-o", "json")
    assert shown.code == 5, shown.output
    preview = json.loads(shown.out)
    assert preview["leaving"]["members"] == [plant], preview["leaving"]
    named = {number for concern in preview["concerns"] for number in concern["plant_orders"]}
    assert stand <= {identifiers.order_key_of(number) for number in named}, sorted(named)
    refused = _publish(here)
    assert refused.code == 4, refused.output
    assert "Nothing was published" in refused.output, refused.output
    assert plant in refused.output, refused.output
    waits = here.waiting()
    assert not waits, waits
    done = _publish(here, "--force")
    assert done.code == 0, done.output
    wait_for(lambda: stand <= set(_waiting(here, plant)), "what stands at the plant is listed")
    return preview, {order.partition(":")[2] for order in stand}


def _require_notified(here: Installation, came: int, orders: set[str]) -> None:
    """Require that the customer was notified of each waiting order; statuses from before do not count."""
    missing = orders - {order for order, state in statuses(here)[came:] if state == HELD}
    assert not missing, f"the customer was not told that they stood still: {sorted(missing)}"


def _put_back(here: Installation, files: Files) -> None:
    """Publish the former files, under a new version."""
    _write(here, files)
    done = _publish(here, "--force")
    assert done.code == 0, done.output


def _publish(here: Installation, *arguments: str) -> CommandResult:
    return here.kranhub("rules", "publish", "--reason", "life", *arguments)


def _files(here: Installation) -> Files:
    return {name: (here.folder / f"{name}.yaml").read_text(encoding="utf-8") for name in NAMES}


def _write(here: Installation, files: Files) -> None:
    """Put the files in place, with the next version of the master data."""
    version = 1 + int(re.findall(r"^version: (\d+)$", _files(here)["nomenclature"], re.M)[0])
    for name, text in files.items():
        text = re.sub(r"^version: \d+$", f"version: {version}", text, count=1, flags=re.M)  # noqa: PLW2901
        (here.folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _without(files: Files, member: str) -> Files:
    """Return the files without a member."""
    members, nomenclature = (yaml.safe_load(files[name]) for name in NAMES)
    members["members"] = [each for each in members["members"] if each["id"] != member]
    for item in nomenclature["items"]:
        item.get("codes", {}).pop(member, None)
    return {
        name: yaml.safe_dump(found, allow_unicode=True)
        for name, found in zip(NAMES, (members, nomenclature), strict=True)
    }


def _waiting(here: Installation, plant: str) -> list[str]:
    """Return the orders that are listed because this plant is no member."""
    result = here.waiting(GONE)
    return [alert["order_key"] for alert in result if f"hub: {plant}," in alert["text"]["en"]]


def _orders_of(here: Installation, member: str) -> set[str]:
    """Return the orders of which the hub has sent the member anything."""
    return {str(seen.value["order_key"]) for seen in here.read(f"in.{member}.orders") if "order_key" in seen.value}
