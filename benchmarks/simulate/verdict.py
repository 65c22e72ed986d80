"""What the record says after the day: the independent checker's findings, the figures, and whether a replay agrees."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.processes import Running, running
from benchmarks.simulate.checker.doubled import doubled
from benchmarks.simulate.checker.files import Files
from benchmarks.simulate.checker.lost import lost
from benchmarks.simulate.checker.record import DayRecord, names, sorted_out
from benchmarks.simulate.checker.stock import over_promised
from benchmarks.simulate.checker.weeks import over_placed
from benchmarks.simulate.figures import figures
from benchmarks.simulate.reading import Decoder, read
from kranhub.errors import Failed
from kranhub.settings import Settings, endpoints, variables
from kranhub.text import Text

REPLAY_PATIENCE_S = 420.0

NAMED = 20
"""Findings of one kind that are named."""


def verdict(settings: Settings, folder: Path) -> dict[str, Any]:
    """Read the namespace's record, check it, and replay it meanwhile in a process of its own; ``folder`` is for files.

    Raises `Failed` where the replay does not come to its end.
    """
    file = folder / "replay.json"
    command = [sys.executable, "-m", "benchmarks.simulate.replay", str(file)]
    with running("replay", [command], variables(settings)) as replay:
        files = Files.load(settings.members_file, settings.nomenclature_file, settings.calendars_file)
        found = judged(_record(settings, files), files)
        found["replay"] = _answer(replay, file)
    found["replay_differs"] = found["replay"]["differs"]
    return found


def _answer(replay: Running, file: Path) -> Any:
    try:
        code = replay.processes[0].wait(REPLAY_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise Failed(_no_answer(f"not within {REPLAY_PATIENCE_S:.0f} s")) from None
    if code != 0:
        raise Failed(_no_answer(replay.last_words()))
    return json.loads(file.read_text(encoding="utf-8"))


def judged(record: DayRecord, files: Files) -> dict[str, Any]:
    """Return figures and findings; each kind of finding is counted, and the first ones are named beside the count."""
    for seen in record.out["items"]:
        files.proposed[seen.value["member"], seen.value["item_code"]] = seen.value["item"]
    found = findings(record, files)
    counts = {kind: len(names) for kind, names in found.items()}
    return {**figures(record), **counts, "named": {kind: names[:NAMED] for kind, names in found.items()}}


def findings(record: DayRecord, files: Files) -> dict[str, list[str]]:
    """Return what is wrong, by its kind: lost, doubled, double_reserved."""
    return {
        "lost": lost(record, files),
        "doubled": doubled(record, files),
        "double_reserved": [
            *over_promised(record.allocation, record.results, files),
            *over_placed(record.allocation, record.results, files),
        ],
    }


def _record(settings: Settings, files: Files) -> DayRecord:
    where = endpoints(settings)
    found = read(where.bootstrap, settings.namespace, names(files.members))
    return sorted_out(found, Decoder(where.registry_url))


def is_good(found: Mapping[str, Any]) -> bool:
    """Return whether nothing was lost, doubled or promised twice, and a replay says the same."""
    return not any(found[kind] for kind in ("lost", "doubled", "double_reserved", "replay_differs"))


def _no_answer(why: str) -> Text:
    return Text(
        en=f"The replay of the simulated day failed: {why}. Run it again.",
        ru=f"Повтор смоделированного дня не удался: {why}. Запустите ещё раз.",
    )
