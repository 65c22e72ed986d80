"""``make demo``: one customer's four orders through five plants' ERPs and back, then an audit of the ERPs themselves.

``python -m deploy.demo stop`` stops what ``KEEP=1`` left running.
"""

import os
import sys
import time
from pathlib import Path

from deploy.demo import checker, clerks
from deploy.demo.clerks import CRANE, MOTORS, STEEL, UNKNOWN, Wish
from deploy.demo.journey import Journey, Screen
from deploy.demo.scene import CUSTOMER, DATABASES, Scene, stop_former
from deploy.demo.tryton_erp import USER
from kranhub import redaction
from kranhub.errors import Failed, KranhubError
from kranhub.operations import signals
from kranhub.settings import endpoints
from kranhub.text import Text

ROOT = Path("kranhub-data/demo")
TEMPLATES = Path("kranhub-data/tryton")
NAMESPACE = "demo."
PATIENCE_S = 120.0
EXPECTED = {
    CRANE.title: "CONFIRMED",
    STEEL.title: "CONFIRMED",
    MOTORS.title: "CONFIRMED",
    UNKNOWN.title: "CONFIRMED, ON_HOLD: 1",
}


def say(text: Text) -> None:
    """Write a line of progress to standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main() -> int:
    """Run the demonstration and return the exit code."""
    if sys.argv[1:] == ["stop"]:
        return _stop()
    signals.on_request(_interrupt)
    scene = Scene(ROOT, NAMESPACE, say, TEMPLATES)
    started = time.monotonic()
    kept = False
    try:
        scene.start()
        verdict = _journey(scene)
        seconds = round(time.monotonic() - started)
        say(Text(en=f"done in {seconds} s", ru=f"готово за {seconds} с"))
        kept = bool(os.environ.get("KEEP"))
    except KranhubError as error:
        say(error.text)
        return error.exit_code
    except OSError as error:
        say(_no_room(error))
        return 1
    except KeyboardInterrupt:
        say(Text(en="interrupted; stopping everything", ru="прервано; всё останавливается"))
        return 1
    finally:
        if not kept:
            scene.stop()
    if kept:
        _where_to_look(scene)
    print(verdict.line)  # noqa: T201  (the demonstration's result)
    return 1 if verdict.lost or verdict.duplicated else 0


def _journey(scene: Scene) -> checker.Verdict:
    wishes = clerks.place_orders(scene)
    say(Text(en=f"the customer placed {len(wishes)} orders", ru=f"заказчик разместил заказов: {len(wishes)}"))
    with Journey(scene.settings, wishes) as journey, Screen(journey) as screen:
        _until_answered(scene, journey, wishes, screen)
    screen.finish()
    where = endpoints(scene.settings)
    verdict = checker.audit(scene, where.bootstrap, where.registry_url)
    for name in [*verdict.lost, *verdict.duplicated]:
        say(Text(en=f"finding: {name}", ru=f"находка: {name}"))
    return verdict


def _until_answered(scene: Scene, journey: Journey, wishes: dict[str, Wish], screen: Screen) -> None:
    """Let people work until every order has the state it must end in. Raises `Failed` naming those that have not."""
    expected = {number: EXPECTED[wish.title] for number, wish in wishes.items()}
    deadline = time.monotonic() + PATIENCE_S
    while journey.states != expected or _unanswered(journey) or not _notified(scene, expected):
        if journey.error:
            raise journey.error
        if time.monotonic() > deadline or not scene.alive:
            raise _not_arrived(expected, journey, scene)
        clerks.answer(scene)
        screen.draw()
        time.sleep(0.5)
    screen.draw()


def _notified(scene: Scene, expected: dict[str, str]) -> bool:
    """Return whether the customer's own ERP shows the state of every order."""
    shown = checker.purchase_comments(scene)
    return all(f"({state.partition(',')[0]})" in shown.get(number, "") for number, state in expected.items())


def _unanswered(journey: Journey) -> bool:
    return any(answer == "…" for plants in journey.plants.values() for _, answer in plants.values())


def _not_arrived(expected: dict[str, str], journey: Journey, scene: Scene) -> Failed:
    late = ", ".join(
        f"{number}: {journey.states.get(number)}" for number, state in expected.items()
        if journey.states.get(number) != state
    )  # fmt: skip
    return Failed(
        Text(
            en=f"After {PATIENCE_S:.0f} s these orders are not where they must be: {late}. See {scene.root}/hub.log.",
            ru=f"За {PATIENCE_S:.0f} с эти заказы не пришли к цели: {late}. Смотрите {scene.root}/hub.log.",
        )
    )


def _no_room(error: OSError) -> Text:
    return Text(
        en=f"{error.filename or ROOT}: {error.strerror}. Free some disk space or check the rights, and try again.",
        ru=f"{error.filename or ROOT}: {error.strerror}. Освободите место на диске или проверьте права и повторите.",
    )


def _where_to_look(scene: Scene) -> None:
    root = _short(scene.root)
    plant = next(plant for plant in scene.plants if plant.plant == "zmk-most")
    commands = (
        "  source .venv/bin/activate\n"
        f"  source {root}/demo.env\n"
        f"  kranhub status\n  kranhub trace {CUSTOMER}:1\n  kranhub why {CUSTOMER}:1\n"
        "  kranhub tail hub.dead-letters --no-follow\n"
        f"  {plant.variable}=sqlite:///{_short(plant.file)} kranhub connector check "
        f"{root / 'installation' / 'zmk-most.yaml'}\n"
        "  python -m deploy.demo stop"
    )
    database = DATABASES[CUSTOMER]
    tryton = f"{scene.tryton.url} ({database}, {USER}, {_short(scene.tryton.password_file(database))})"
    found = endpoints(scene.settings)
    hub = Text(
        en=f"Kafka: {found.bootstrap} (without a password). Schema registry: {redaction.shown(found.registry_url)}.",
        ru=f"Kafka: {found.bootstrap} (без пароля). Реестр схем: {redaction.shown(found.registry_url)}.",
    )
    say(
        Text(
            en=f"Everything keeps running. {hub.en} Tryton: {tryton}. Plants' databases: {root}/plants. "
            f"Try:\n{commands}",
            ru=f"Всё продолжает работать. {hub.ru} Tryton: {tryton}. Базы заводов: {root}/plants. Команды:\n{commands}",
        )
    )


def _short(path: Path) -> Path:
    """Return the path relative to the working folder, where it is inside it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _stop() -> int:
    if stop_former(ROOT):
        say(Text(en="stopped", ru="остановлено"))
    else:
        say(Text(en="no demonstration runs here", ru="демонстрация здесь не запущена"))
    return 0


def _interrupt() -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
