"""The demonstration's stage: everything that runs, started in order and stopped by its own process id."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import yaml

from deploy import omsk
from deploy.demo import tryton_people as people
from deploy.demo.sql_erp import PLANTS, all_plants
from deploy.demo.tryton_erp import USER, Say, TrytonServer, ensure_template
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text

CUSTOMER, PLANT = "sibir-terminal", "ruskran"
DATABASES = {CUSTOMER: "customer", PLANT: "ruskran"}
STOP_SECONDS = 30.0

CUSTOMER_PRODUCTS = (
    people.Product("КР-10-22.5", "Кран мостовой 10 т", "u", Decimal(9_500_000)),
    people.Product("МК-СТ", "Металлоконструкция", "t", Decimal(210_000)),
    people.Product("ДВ-7.5", "Двигатель крановый", "u", Decimal(68_000)),
    people.Product("ГАК-50", "Крюк 50 т, в номенклатуре центра его нет", "u", Decimal(120_000)),
)
PLANT_PRODUCTS = tuple(
    people.Product(code, code)
    for code in ("RK-CRANE-10", "RK-GIRDER-225", "RK-ENDC-10", "RK-TROL-10", "RK-MOT-75", "RK-CAB-10")
)


class Scene:
    """Kafka, the registry, a Tryton with two companies, four plants' databases, and `kranhub run`."""

    def __init__(self, root: Path, namespace: str, say: Say, templates: Path) -> None:
        """Take the folder for everything (its former content is removed), the topics' namespace, Tryton's templates."""
        self._templates = templates.resolve()
        self.root, self.say = root.resolve(), say
        self.settings = Settings(data_dir=self.root, namespace=namespace, **omsk.FILES)
        self.tryton = TrytonServer(self.root / "tryton")
        self.plants = all_plants(self.root / "plants")
        self.hub: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything.

        Raises:
            Failed: Naming the part that does not start.
        """
        stop_former(self.root)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        with ThreadPoolExecutor(max_workers=2) as pool:
            stack = pool.submit(self._kranhub, "up")
            pool.submit(self._erps).result()
            stack.result()
        self.say(Text(en="starting the core and six connectors", ru="запускаются ядро и шесть коннекторов"))
        self.hub = self._spawn(["run", str(self._installation())])
        self._remember()

    @property
    def alive(self) -> bool:
        """Whether the hub's supervisor runs."""
        return self.hub is not None and self.hub.poll() is None

    def stop(self) -> None:
        """Stop what was started, in reverse."""
        if self.hub is not None and self.hub.poll() is None:
            _end(psutil.Process(self.hub.pid))
            self.hub.wait()
        self.tryton.stop()
        if (self.root / "stack.json").exists():
            self._kranhub("down")
        (self.root / "demo.json").unlink(missing_ok=True)

    def _erps(self) -> None:
        template = ensure_template(self._templates, self.say)
        for database in DATABASES.values():
            self.tryton.add(database, template)
        self.say(Text(en="starting Tryton with two companies", ru="запускается Tryton с двумя компаниями"))
        self.tryton.start()
        with self.tryton.open(DATABASES[CUSTOMER]) as rpc:
            people.provision(rpc, company="Сибирь Терминал", products=CUSTOMER_PRODUCTS, parties=[("hub", "kranhub")])
        with self.tryton.open(DATABASES[PLANT]) as rpc:
            customers = [(CUSTOMER, "Сибирь Терминал"), ("hub", "kranhub")]
            stock = {"RK-TROL-10": 1.0}
            people.provision(rpc, company="РусКран", products=PLANT_PRODUCTS, parties=customers, stock=stock)
        for plant in self.plants:
            plant.create()

    def _installation(self) -> Path:
        """Write the connector files and the installation file that `kranhub run` takes."""
        folder = self.root / "installation"
        folder.mkdir()
        for plant in self.plants:
            shutil.copy(PLANTS / f"{plant.plant}.yaml", folder)
        _write(folder / f"{CUSTOMER}.yaml", self._tryton_file(CUSTOMER, "customer"))
        _write(folder / f"{PLANT}.yaml", self._tryton_file(PLANT, "plant"))
        names = [*(plant.plant for plant in self.plants), CUSTOMER, PLANT]
        return _write(folder / "kranhub.yaml", {"core": True, "connectors": [f"{name}.yaml" for name in names]})

    def _tryton_file(self, member: str, side: str) -> dict[str, Any]:
        database = DATABASES[member]
        config = {
            "url": self.tryton.url,
            "database": database,
            "user": USER,
            "password_file": str(self.tryton.password_file(database).resolve()),
            "side": side,
            "hub_party": "hub",
            "poll_interval": 1.0,
            "overlap": 30.0,
        }
        if side == "plant":
            config |= {"parties": {CUSTOMER: CUSTOMER}, "sites": {"WH": "ruskran-assembly"}}
        return {"member": member, "connector": "tryton", "name": "erp", "config": config}

    def _environment(self) -> dict[str, str]:
        databases = {plant.variable: f"sqlite:///{plant.file.resolve()}" for plant in self.plants}
        return {**os.environ, **databases, **self._variables()}

    def _variables(self) -> dict[str, str]:
        """Return the settings of this hub as variables."""
        own = {"KRANHUB_DATA_DIR": str(self.root), "KRANHUB_NAMESPACE": self.settings.namespace}
        language = {name: os.environ[name] for name in ("KRANHUB_LANG",) if name in os.environ}
        return {**own, **omsk.variables(), **language}

    def _kranhub(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "kranhub", *arguments]
        done = subprocess.run(command, env=self._environment(), stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise Failed(
                Text(
                    en=f"`kranhub {' '.join(arguments)}` ended with {done.returncode}; its message stands above.",
                    ru=f"`kranhub {' '.join(arguments)}` завершилась с кодом {done.returncode}; её сообщение выше.",
                )
            )

    def _spawn(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.root / "hub.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "kranhub", *arguments],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _remember(self) -> None:
        """Write which processes are ours, so that `stop_former` stops no other, and the settings for a shell."""
        pids = [pid for pid in (self.hub.pid if self.hub else None, self.tryton.pid) if pid]
        processes = [{"pid": pid, "created": psutil.Process(pid).create_time()} for pid in pids]
        state = {"processes": processes, "namespace": self.settings.namespace}
        (self.root / "demo.json").write_text(json.dumps(state), encoding="utf-8")
        exports = [f"export {name}={shlex.quote(value)}\n" for name, value in self._variables().items()]
        (self.root / "demo.env").write_text("".join(exports), encoding="utf-8")


def stop_former(root: Path) -> bool:
    """Stop what a former demonstration left running in this folder; return whether there was one."""
    file = root / "demo.json"
    if not file.exists():
        return False
    for entry in json.loads(file.read_text(encoding="utf-8"))["processes"]:
        try:
            process = psutil.Process(entry["pid"])
            if abs(process.create_time() - entry["created"]) < 1:
                _end(process)
        except psutil.NoSuchProcess:
            continue
    environment = {**os.environ, "KRANHUB_DATA_DIR": str(root)}
    command = [sys.executable, "-m", "kranhub", "down"]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    file.unlink()
    return True


def _end(process: psutil.Process) -> None:
    """Ask a process to stop; kill it and its children when it does not."""
    children = process.children(recursive=True)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        for late in [process, *children]:
            late.kill()


def _write(file: Path, content: dict[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file
