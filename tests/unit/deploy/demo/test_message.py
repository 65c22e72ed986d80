"""What `KEEP=1 make demo` says at its end."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.demo import __main__ as demo
from deploy.demo.scene import CUSTOMER, DATABASES
from kranhub.settings import Settings


@pytest.mark.parametrize(("language", "said"), [("en", "Kafka: 127.0.0.1:9092"), ("ru", "Реестр схем: http://r")])
def test_where_kafka_and_the_registry_listen_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    monkeypatch.setenv("KRANHUB_LANG", language)
    plant = SimpleNamespace(plant="zmk-most", variable="DEMO_ZMK_MOST", file=tmp_path / "zmk-most.sqlite")
    tryton = SimpleNamespace(url="http://127.0.0.1:8000", password_file=lambda database: tmp_path / database)
    settings = Settings(data_dir=tmp_path, kafka_bootstrap="127.0.0.1:9092", registry_url="http://r")
    scene: Any = SimpleNamespace(root=tmp_path, plants=[plant], settings=settings, tryton=tryton)
    demo._where_to_look(scene)
    told = capsys.readouterr().err
    assert said in told
    assert DATABASES[CUSTOMER] in told
