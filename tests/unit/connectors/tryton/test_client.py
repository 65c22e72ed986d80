"""The Tryton client and sink against scripted answers: what a real server does too seldom to wait for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.tryton import errors
from connectors.tryton.client import Client
from connectors.tryton.codes import Codes
from connectors.tryton.config import Config
from connectors.tryton.rejections import unknown_product
from connectors.tryton.sink import OrderStatusSink, PlantOrderSink
from connectors.tryton.statuses import Purchases
from kranhub.connector import Event, Outcome, Receipt
from kranhub.errors import KranhubError, Misconfigured, Unavailable
from kranhub.parties import members
from kranhub.text import Text
from kranhub.wire.messages import Subject
from tests.support.samples_tryton import order_status

CONFIG = Config.model_validate(
    {"url": "http://127.0.0.1:1", "database": "d", "user": "u", "password": "p", "side": "plant"}
)
MEMBERS = Path("deploy/members/omsk.yaml")
REVISION_7: Any = {"revision": 7}
EVENT = Event("1", "1", Subject.PLANT_ORDER, "hub", REVISION_7)
Answer = Callable[[httpx.Request], httpx.Response]


def server(answer: Answer) -> httpx.MockTransport:
    """Log everyone in, and answer every other call with this."""

    def handle(request: httpx.Request) -> httpx.Response:
        match json.loads(request.content)["method"]:
            case "common.db.login":
                return httpx.Response(200, json={"id": 1, "result": [1, "token", None]})
            case "model.res.user.get_preferences":
                return httpx.Response(200, json={"id": 1, "result": {"company": 1}})
        return answer(request)

    return httpx.MockTransport(handle)


def error(*arguments: Any) -> Answer:
    return lambda _: httpx.Response(200, json={"id": 1, "error": list(arguments)})


def status(code: int) -> Answer:
    return lambda _: httpx.Response(code, text="<html>")


def text(body: str) -> Answer:
    return lambda _: httpx.Response(200, text=body)


def timeout(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (status(500), Unavailable),
        (status(502), Unavailable),
        (status(429), Unavailable),
        (status(403), Misconfigured),
        (status(404), Misconfigured),
        (status(401), Misconfigured),
        (timeout, Unavailable),
        (text("<html>a proxy's page"), Unavailable),
        (text("[1, 2]"), Unavailable),
        (text("{}"), Unavailable),
        (error("UserError", ["No.", "Because.", None]), errors.Refused),
        (error("UserWarning", ["name", "Sure?", "", None]), errors.Refused),
        (error("ConcurrencyException", "Records were modified in the meanwhile"), errors.Busy),
        (error("database is locked", ""), Unavailable),
        (error("'no.such.model'", ""), errors.ServerFailed),
    ],
)
async def test_every_fault_has_its_next_action(answer: Answer, expected: type[KranhubError]) -> None:
    client = Client(CONFIG, server(answer))
    with pytest.raises(KranhubError) as caught:
        await client.call("sale.sale", "search", [])
    assert type(caught.value) is expected
    assert caught.value.text.en
    assert caught.value.text.ru
    await client.close()


async def test_trytons_own_words_reach_the_person() -> None:
    client = Client(CONFIG, server(error("UserError", ["No.", "Because.", None])))
    with pytest.raises(errors.Refused, match=r"No\. Because\."):
        await client.call("sale.sale", "search", [])
    await client.close()


async def test_what_may_not_be_read_is_a_missing_right() -> None:
    client = Client(CONFIG, server(error("UserError", ["You are not allowed to access Sale.", "", None])))
    with pytest.raises(Misconfigured, match=r"not allowed.*sale\.sale"):
        await client.search("sale.sale", [], ["id"])
    await client.close()


async def test_a_forgotten_session_is_opened_anew_once() -> None:
    answers = iter([httpx.Response(401), httpx.Response(200, json={"id": 1, "result": [5]})])
    client = Client(CONFIG, server(lambda _: next(answers)))
    assert await client.call("sale.sale", "search", []) == [5]
    await client.close()


async def test_a_document_that_stays_busy_is_parked() -> None:
    async def busy(_: Event) -> Receipt:
        raise errors.Busy(Text(en="busy", ru="занят"))

    (receipt,) = await PlantOrderSink(busy).deliver([EVENT])
    assert (receipt.outcome, receipt.revision) == (Outcome.RETRY, 7)
    assert receipt.not_before is not None
    assert receipt.not_before.tzinfo is not None


async def test_a_business_no_is_a_receipt_and_the_batch_goes_on() -> None:
    answers = iter([unknown_product("X"), None])

    async def deliver(event: Event) -> Receipt:
        if (refusal := next(answers)) is not None:
            raise refusal
        return Receipt(event.id, 7, Outcome.APPLIED)

    receipts = await PlantOrderSink(deliver).deliver([EVENT, EVENT])
    assert [receipt.outcome for receipt in receipts] == [Outcome.REJECTED, Outcome.APPLIED]
    assert set(receipts[0].reason) == {"en", "ru"}


@pytest.mark.parametrize("passwords", [{}, {"password_env": "A", "password_file": "b"}])
def test_exactly_one_place_for_the_password(passwords: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Config.model_validate({"url": "http://h:1", "database": "d", "user": "u", "side": "plant", **passwords})


def test_a_secret_that_is_not_there_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    for place in ({"password_env": "NO_SUCH_PASSWORD"}, {"password_file": "/no/such/file"}):
        config = Config.model_validate({"url": "http://h:1", "database": "d", "user": "u", "side": "plant", **place})
        with pytest.raises(Misconfigured) as caught:
            config.secret()
        assert next(iter(place.values())) in caught.value.text.en
        assert next(iter(place.values())) in caught.value.text.ru


@pytest.mark.parametrize(("addressee", "calls"), [("omsk-leasing", 0), ("sibir-terminal", 1), (None, 1)])
async def test_a_status_of_somebody_elses_order_has_no_purchase(addressee: str | None, calls: int) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["method"])
        return httpx.Response(200, json={"id": 1, "result": []})

    client, member = Client(CONFIG, server(answer)), members.load(MEMBERS).by_id["omsk-leasing"]
    sink = OrderStatusSink(Purchases(client, Codes(CONFIG, member)).deliver)
    (receipt,) = await sink.deliver([order_status("17", 3, addressee=addressee, role="payer")])
    await client.close()
    assert (len(asked), receipt.revision) == (calls, 3)
    assert receipt.outcome is (Outcome.REJECTED if calls else Outcome.APPLIED)
