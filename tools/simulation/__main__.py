"""``python -m tools.simulation``: play a working day of the cluster, and report its results."""

import json
import logging
import signal
import sys

import click

from benchmarks.cluster import REPOSITORY, running
from benchmarks.screen import screen
from deploy.embedded.progress import Progress
from kranhub.errors import KranhubError
from kranhub.text import Text
from tools.simulation import report
from tools.simulation.result import is_good
from tools.simulation.simulation import STEPS, Plan, simulate

RESULTS = REPOSITORY / "benchmarks/results/simulate.json"
PAGE = REPOSITORY / "docs/simulate.md"
ORDERS, SEED = 10_000, 20261124

_HELP = Text(
    en="Play a working day of the cluster through a Kafka of this run's own, check the record independently and replay "
    f"it. A day of {ORDERS:,} orders takes about nine minutes and is saved to docs/simulate.md and "
    "benchmarks/results/simulate.json; another one only shows its result.",
    ru="Разыграть рабочий день кластера через отдельную Kafka, независимо проверить запись и повторить её. День из "
    f"{ORDERS:,} заказов занимает около девяти минут и сохраняется в docs/simulate.md и "
    "benchmarks/results/simulate.json; другой день только показывает результат.",
)
_ORDERS = Text(en="orders of the day", ru="число заказов за день")
_SEED = Text(en="of all chance: the same seed, the same day", ru="зерно случайности: то же зерно, тот же день")
_JSON = Text(en="write the result to this file, too", ru="записать результат и в этот файл")


@click.command(help=str(_HELP))
@click.option("--orders", type=click.IntRange(20, 100_000), default=ORDERS, show_default=True, help=str(_ORDERS))
@click.option("--seed", type=int, default=SEED, show_default=True, help=str(_SEED))
@click.option("--json", "file", type=click.Path(dir_okay=False, writable=True), help=str(_JSON))
@click.pass_context
def command(context: click.Context, orders: int, seed: int, file: str | None) -> None:
    """Exit with 1 where something was lost, doubled or promised twice, or a replay decides otherwise."""
    with running(Progress()) as cluster, screen(STEPS) as shown:
        found = simulate(Plan(orders, seed), cluster, shown)
    click.echo(report.markdown(found))
    if file is not None:
        with open(file, "w", encoding="utf-8") as output:
            json.dump(found, output, ensure_ascii=False, indent=1)
    if orders == ORDERS and is_good(found):
        report.write(RESULTS, found)
        report.write_page(PAGE, found)
    if not is_good(found):
        context.exit(1)


def main() -> None:
    """Run the command: errors become one sentence and an exit code; SIGTERM stops what was started, too."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(128 + signal.SIGTERM))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        command()
    except KranhubError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
