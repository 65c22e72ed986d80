"""The settings of an installation: a wrong variable or a damaged .env is a sentence, and no value is shown."""

from pathlib import Path

import pytest

from kranhub.errors import Misconfigured
from kranhub.settings import MASTER_DATA_FILES, Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KRANHUB_LANG", "ru")
    return tmp_path


def test_a_wrong_variable_is_named_and_its_value_is_not_shown(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("KRANHUB_WORK_PARTITIONS", "hunter2")
    monkeypatch.setenv("KRANHUB_NAMESPACE", "Прод")
    with pytest.raises(Misconfigured) as caught:
        Settings()
    assert "KRANHUB_WORK_PARTITIONS: нужно целое число" in str(caught.value)
    assert "KRANHUB_NAMESPACE: строка должна соответствовать образцу" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_env_file_with_a_byte_order_mark_is_read_whole(folder: Path) -> None:
    (folder / ".env").write_bytes("KRANHUB_NAMESPACE=omsk.\nKRANHUB_DATA_DIR=данные\n".encode("utf-8-sig"))
    assert Settings().namespace == "omsk."
    assert Settings().data_dir == Path("данные")


@pytest.mark.parametrize(("encoding", "named"), [("cp1251", "Windows-1251"), ("utf-16", "UTF-16")])
def test_an_env_file_in_another_encoding_says_which(folder: Path, encoding: str, named: str) -> None:
    (folder / ".env").write_bytes("KRANHUB_DATA_DIR=папка данных центра\n".encode(encoding))
    with pytest.raises(Misconfigured) as caught:
        Settings()
    assert named in str(caught.value)
    assert ".env" in str(caught.value)


def test_a_file_that_is_needed_and_not_set_is_named_with_an_example(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    for file in MASTER_DATA_FILES:
        monkeypatch.delenv(f"KRANHUB_{file.upper()}", raising=False)
    for file in MASTER_DATA_FILES:
        monkeypatch.setenv("KRANHUB_LANG", "en")
        variable = f"KRANHUB_{file.upper()}"
        with pytest.raises(Misconfigured, match=f"{variable} is not set.*{variable}=/srv/kranhub/[a-z]+.yaml"):
            Settings().required(file)
        monkeypatch.setenv("KRANHUB_LANG", "ru")
        with pytest.raises(Misconfigured, match=f"Не задана {variable}"):
            Settings().required(file)
    (folder / ".env").write_text("KRANHUB_MEMBERS_FILE=companies.yaml\n")
    assert Settings().required("members_file") == Path("companies.yaml")
