"""The record after the day: the independent checker's findings, the figures, and whether a replay agrees."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.processes import Running, running
from kranhub.errors import Failed
from kranhub.settings import Settings, endpoints, variables
from kranhub.text import Text
from tools.simulation.accuracy import accuracy
from tools.simulation.consumer import Decoder, read
from tools.simulation.figures import figures
from tools.simulation.replay import compare
from tools.simulation.verify.capacity import over_placed
from tools.simulation.verify.duplicates import duplicates
from tools.simulation.verify.files import Files
from tools.simulation.verify.following import lost_scrap, passed_promises, untold, without_end
from tools.simulation.verify.losses import losses
from tools.simulation.verify.placements import at_plants, balances
from tools.simulation.verify.plant_promises import plant_promises
from tools.simulation.verify.record import DayRecord, names, sorted_out
from tools.simulation.verify.stock import over_promised

REPLAYS, REPLAY_PATIENCE_S = 2, 420.0
"""How many processes replay, and how long they may take."""

FINDINGS = (
    "lost",
    "doubled",
    "double_reserved",
    "without_end",
    "passed_promises",
    "untold",
    "lost_scrap",
    "replay_differs",
)
"""What must be 0: the kinds of the checker's findings, and what a replay decides otherwise."""

NAMED = 20
"""How many findings of one kind are named."""


def checks(settings: Settings, folder: Path) -> dict[str, Any]:
    """Read the namespace's record, check it, and replay it meanwhile in other processes.

    Args:
        settings: Whose namespace.
        folder: Where files between the processes are written.

    Raises:
        Failed: Where the replay does not come to its end.
    """
    with _replays(settings, folder) as replays:
        files = Files.load(
            settings.required("members_file"),
            settings.required("nomenclature_file"),
            settings.required("calendars_file"),
        )
        found = checked(_record(settings, files), files)
        found["replay"] = compare(_answers(replays, folder))
    found["replay_differs"] = found["replay"]["differs"]
    return found


def _replays(settings: Settings, folder: Path) -> AbstractContextManager[Running]:
    """Run the replay: several processes, each with its share of the partitions."""
    shares = [range(settings.work_partitions)[first::REPLAYS] for first in range(REPLAYS)]
    command = [sys.executable, "-m", "tools.simulation.replay"]
    commands = [[*command, str(_file(folder, number)), *map(str, share)] for number, share in enumerate(shares)]
    return running("replay", commands, variables(settings))


def _answers(replays: Running, folder: Path) -> Iterator[Any]:
    """Yield what each process has found, once it has ended."""
    for number, process in enumerate(replays.processes):
        try:
            code = process.wait(REPLAY_PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Failed(_no_answer(f"not within {REPLAY_PATIENCE_S:.0f} s")) from None
        if code != 0:
            raise Failed(_no_answer(replays.last_words()))
        yield json.loads(_file(folder, number).read_text(encoding="utf-8"))


def _file(folder: Path, number: int) -> Path:
    return folder / f"replay-{number}.json"


def checked(record: DayRecord, files: Files) -> dict[str, Any]:
    """Return figures and findings; each kind of finding is counted, and the first ones are named beside the count."""
    for seen in record.out["items"]:
        files.proposed[seen.value["member"], seen.value["item_code"]] = seen.value["item"]
    found, standing = findings(record, files), at_plants(record)
    counts = {kind: len(names) for kind, names in found.items()}
    told = {"promise_accuracy": accuracy(record, standing, files)}
    return {**figures(record), **told, **counts, "named": {kind: names[:NAMED] for kind, names in found.items()}}


def findings(record: DayRecord, files: Files) -> dict[str, list[str]]:
    """Return what is wrong, by its kind (`FINDINGS`)."""
    standing = at_plants(record)
    lines = balances(record, standing, files)
    promises = plant_promises(record, standing, files)
    return {
        "lost": losses(record, lines, files),
        "doubled": duplicates(record, standing, lines),
        "double_reserved": [
            *over_promised(record.allocation, record.results, files),
            *over_placed(record.allocation, record.results, files),
        ],
        "without_end": without_end(record),
        "passed_promises": passed_promises(record, files),
        "untold": untold(record, promises, files),
        "lost_scrap": lost_scrap(record, standing),
    }


def _record(settings: Settings, files: Files) -> DayRecord:
    where = endpoints(settings)
    found = read(where.bootstrap, settings.namespace, names(files.members))
    return sorted_out(found, Decoder(where.registry_url))


def is_good(found: Mapping[str, Any]) -> bool:
    """Return whether the checker has found nothing, and a replay has the same outputs."""
    return not any(found[kind] for kind in FINDINGS)


def _no_answer(why: str) -> Text:
    return Text(
        en=f"The replay of the simulated day failed: {why}. Run it again.",
        ru=f"Повтор смоделированного дня не удался: {why}. Запустите ещё раз.",
    )
