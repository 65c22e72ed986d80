"""`kranhub connector check` and the loading of a connector: what its author got wrong is a sentence before Kafka."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.runtime import calls, checking, configuration
from connectors.runtime.calls import ConnectorDefect, calling
from connectors.runtime.cli_texts import questions
from kranhub.connector import Checkpoint, Connector, Progress, Read
from kranhub.errors import DocumentCode, Failed, Fenced, InvalidDocument, Misconfigured, Unavailable
from kranhub.parties import members
from kranhub.text import Text
from tests.support import bad_connectors
from tests.support.bad_connectors import ME, PASSWORD, Bad, answers, at, loaded, order, raises, yields
from tools.harness.settings import REPOSITORY

COMPANIES = members.load(REPOSITORY / "deploy/members/omsk.yaml")
WAIT = Text(en="Wait.", ru="Ждите.")


async def returns(since: Checkpoint | None) -> Any:
    yield Progress(at(1))
    return


async def ends_first(since: Checkpoint | None) -> Any:
    for _ in ():
        yield


BROKEN: dict[str, tuple[Bad, str]] = {
    "nothing": (Bad(), "nothing to run"),
    "subjects": (Bad(delivering=answers(), subjects=("Order",)), "Sink.subjects"),
    "no-subjects": (Bad(delivering=answers(), subjects=None), "Sink.subjects"),
    "unknown-subject": (Bad(yields(Read(order(2, subject="Orders"), at(2)))), "Event.subject is 'Orders'"),
    "raises": (Bad(yields(then=raises(ValueError(PASSWORD)))), "ValueError at bad_connectors.py"),
    "invalid": (Bad(yields(then=raises(InvalidDocument(DocumentCode.BAD_DATE, WAIT)))), "InvalidDocument"),
    "returns": (Bad(ends_first), "it returned"),
    "close": (Bad(yields(), closing=raises(ValueError(PASSWORD))), "close()"),
    "position": (Bad(yields(Progress(Checkpoint({"o": 2})))), "Checkpoint.positions"),  # type: ignore[dict-item]
}


def check(connector: Connector) -> None:
    asyncio.run(checking.check(loaded(connector, "bad", COMPANIES.by_id[ME])))


@pytest.mark.parametrize("name", BROKEN)
def test_check_finds_what_the_author_got_wrong(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    connector, told = BROKEN[name]
    with pytest.raises(ConnectorDefect) as caught:
        check(connector)
    assert told in caught.value.text.en
    assert f"{ME}/bad" in caught.value.text.ru
    assert PASSWORD not in capfd.readouterr().err + caught.value.text.en


@pytest.mark.parametrize("error", [Unavailable(WAIT), Misconfigured(WAIT)])
def test_what_a_person_or_time_mends_leaves_check_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)):
        check(Bad(yields(then=raises(error))))


def test_a_good_connector_with_one_bad_document_passes() -> None:
    check(Bad(yields(Read(order("naive", value={}), at(2))), answers()))
    check(Bad(returns))  # a poll came to its Progress; what it does later is seen when it runs


def test_a_source_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "SECONDS", 0.1)

    async def silent(since: Checkpoint | None) -> Any:
        await asyncio.sleep(60)
        yield

    check(Bad(silent))


MODULES = {
    "syntax": ("def", "SyntaxError"),
    "import": ("1 / 0", "ZeroDivisionError"),
    "function": ("def Erp(): pass", "no subclass of kranhub.connector.Connector"),
    "no-config": (
        "from kranhub.connector import Connector\nclass Erp(Connector):\n async def check(self): pass",
        "no pydantic model",
    ),
    "constructor": (
        "from kranhub.connector import Connector\nfrom pydantic import BaseModel\nclass Erp(Connector):\n"
        " Config = BaseModel\n def __init__(self, config, member): raise KeyError('secret')\n"
        " async def check(self): pass",
        "Erp() (KeyError)",
    ),
    "abstract": (
        "from kranhub.connector import Connector\nfrom pydantic import BaseModel\nclass Erp(Connector):\n"
        " Config = BaseModel\n",
        "Erp() (TypeError)",
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_cannot_be_a_connector_is_a_sentence(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, told = MODULES[name]
    module = f"erp_{name.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "c.yaml"
    file.write_text(f"member: {ME}\nconnector: {module}:Erp\nname: x\nconfig: {{}}\n")
    with pytest.raises((Failed, Misconfigured)) as caught:
        configuration.load(file, COMPANIES)
    assert told in str(caught.value.text.en)
    assert "secret" not in caught.value.text.en


def within(action: Callable[[], Any], **words: Any) -> None:
    with calling(loaded(Bad(), "bad", COMPANIES.by_id[ME]), "deliver()", "x/1", **words):
        action()


def test_a_call_lets_through_what_the_contract_knows_and_nothing_else() -> None:
    invalid = InvalidDocument(DocumentCode.BAD_DATE, WAIT)
    for error in (Unavailable(WAIT), Misconfigured(WAIT), Failed(WAIT)):
        with pytest.raises(type(error)):
            within(raises(error))
        with pytest.raises(type(error)):
            within(raises(ExceptionGroup("tasks", [error, ExceptionGroup("more", [error])])))
    with pytest.raises(InvalidDocument):
        within(raises(invalid), documents=True)
    for stranger in (invalid, Fenced(WAIT), ExceptionGroup("mixed", [Unavailable(WAIT), KeyError()]), SystemExit(0)):
        with pytest.raises(ConnectorDefect, match="document x/1"):
            within(raises(stranger))


def test_the_log_has_the_place_of_every_cause_and_nothing_of_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        try:
            raise ValueError(PASSWORD)
        except ValueError as cause:
            raise KeyError(PASSWORD) from cause
    except KeyError as error:
        calls.log_traceback("connector failed", error)
    written = capfd.readouterr()
    told = written.out + written.err
    assert "KeyError" in told
    assert "ValueError" in told
    assert Path(__file__).name in told
    assert bad_connectors.PASSWORD not in told


@pytest.mark.parametrize(("said", "is_asked"), [(None, True), (True, False), (False, False)])
def test_a_plant_is_asked_whether_what_its_erp_reserves_contains_the_hubs_orders(
    said: bool | None, is_asked: bool
) -> None:
    plant = COMPANIES.by_id["oemz"]
    (site,) = plant.sites
    asked = questions(
        plant.model_copy(update={"sites": (site.model_copy(update={"reserved_contains_hub_orders": said}),)})
    )
    assert [text.en.startswith("Does `reserved` of the stock levels of oemz (oemz-motors)") for text in asked] == (
        [True] if is_asked else []
    )
    assert all("oemz-motors" in text.ru for text in asked)


def test_who_makes_nothing_is_asked_nothing() -> None:
    assert questions(COMPANIES.by_id["sibir-terminal"]) == []
