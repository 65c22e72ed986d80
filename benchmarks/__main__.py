"""``python -m benchmarks``: measure the hub's processor and its peers, and write down what came out."""

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from benchmarks import plan, report
from benchmarks.catalog import ENGINES
from benchmarks.cluster import REPOSITORY, running
from benchmarks.parts import NAMES, PARTS
from benchmarks.plan import Plan
from benchmarks.screen import screen
from deploy.embedded.progress import Progress
from kranhub.errors import Failed, KranhubError
from kranhub.text import Text

RESULTS = REPOSITORY / "benchmarks/results/latest.json"
PAGE = REPOSITORY / "docs/performance.md"
PART_NAMES = [part.name for part in PARTS]

_HELP = Text(
    en="Measure the hub's stream processor and its peers on a Kafka of this run's own: throughput, latency, restore, "
    "memory, the cost of planning and the full path. A full run takes about 25 minutes and writes docs/performance.md "
    "and benchmarks/results/latest.json.",
    ru="Измерить потоковый процессор центра и его соперников на отдельной Kafka этого запуска: пропускную способность, "
    "задержку, восстановление, память, затраты на планирование и полный путь. Полный запуск занимает около 25 минут и "
    "записывает docs/performance.md и benchmarks/results/latest.json.",
)
_QUICK = Text(en="one round with few orders: shows that everything runs", ru="один круг с малым числом заказов")
_ONLY = Text(
    en="measure only these, separated by commas; saves nothing without --keep",
    ru="только эти, через запятую; без --keep ничего не записывается",
)
_KEEP = Text(
    en=f"save these parts in the last full run's results, under a time of their own; of {', '.join(PART_NAMES)} only",
    ru=f"записать эти части в результаты последнего полного запуска, со своим временем; только {', '.join(PART_NAMES)}",
)
_ROUNDS = Text(en="rounds; the median counts", ru="число кругов; берётся медиана")
_MINUTES = Text(
    en="end without a result after so many minutes", ru="закончить без результата, когда пройдёт столько минут"
)


def _chosen(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[str]:
    known = [*(engine.name for engine in ENGINES), *NAMES]
    names = value.split(",") if value else known
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"{', '.join(unknown)} ({', '.join(known)})")
    return names


@click.command(help=str(_HELP))
@click.option("--quick", is_flag=True, help=str(_QUICK))
@click.option("--only", callback=_chosen, metavar="NAME,…", help=str(_ONLY))
@click.option("--keep", is_flag=True, help=str(_KEEP))
@click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True, help=str(_ROUNDS))
@click.option("--minutes", type=click.IntRange(1, 600), default=60, show_default=True, help=str(_MINUTES))
def bench(quick: bool, only: Sequence[str], rounds: int, keep: bool, minutes: int) -> None:
    """Run, print the tables, and save them when everything was measured in full, or parts are to be kept."""
    if keep and not {*only} <= {*PART_NAMES}:
        raise click.UsageError(str(_KEEP))
    engines = [engine for engine in ENGINES if engine.name in only]
    parts = [name for name in NAMES if name in only]
    chosen = Plan(engines, 1 if quick else rounds, quick, parts)
    _end_after(minutes)
    with running(Progress()) as cluster, screen(chosen.steps) as shown:
        results = plan.run(chosen, cluster, shown)
    click.echo(report.markdown(results))
    if not quick and (len(engines), len(parts)) == (len(ENGINES), len(NAMES)):
        _save(results)
    elif not quick and keep:
        _save(plan.kept(json.loads(RESULTS.read_text(encoding="utf-8")), results))


def _end_after(minutes: int) -> None:
    """Let the run end as a handled failure, which stops what it has started, once its time is over."""

    def over(_number: int, _frame: object) -> None:
        raise Failed(
            Text(
                en=f"Not done after {minutes} minutes, nothing was saved. Run it on an idle machine or set --minutes.",
                ru=f"За {minutes} мин не закончено, ничего не записано. Запустите на свободной машине или задайте "
                "--minutes.",
            )
        )

    signal.signal(signal.SIGALRM, over)
    signal.alarm(60 * minutes)


def _save(results: Mapping[str, Any]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    report.write_page(PAGE, results)


def main() -> None:
    """Run the command: errors become one sentence and an exit code; SIGTERM stops what was started, too."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    try:
        bench()
    except KranhubError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    finally:
        signal.alarm(0)


if __name__ == "__main__":
    main()
