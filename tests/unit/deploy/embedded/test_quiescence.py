"""Whether a hub stands still is asked again while a broker that has just started cannot say it yet."""

import pytest

from deploy.embedded import quiescence
from deploy.embedded.manifest import GroupOffset
from kranhub.errors import Unavailable
from kranhub.settings import Settings
from kranhub.text import Text

LOADING = Unavailable(Text(en="CoordinatorLoadInProgressError", ru="CoordinatorLoadInProgressError"))


def test_groups_whose_coordinators_are_still_loading_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loading = [LOADING, LOADING]
    asked: list[str] = []

    def places(_settings: Settings) -> list[GroupOffset]:
        asked.append("places")
        if loading:
            raise loading.pop()
        return []

    def busy(_settings: Settings) -> list[str]:
        asked.append("members")
        return []

    monkeypatch.setattr(quiescence, "places", places)
    monkeypatch.setattr(quiescence, "_busy", busy)
    quiescence.require_no_member(Settings())
    assert asked == ["places"] * 3 + ["members"]
