"""One batch through a sink: what one document breaks is kept from the others, and said."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from connectors.runtime.delivery import MOST_BROKEN, Delivered, deliver
from kranhub.connector import Event, Outcome
from kranhub.errors import DocumentCode, InvalidDocument, Misconfigured, Unavailable
from kranhub.parties import members
from kranhub.text import Text
from tests.support.bad_connectors import ME, Bad, answers, loaded, order
from tests.support.fields import changed
from tools.harness.settings import REPOSITORY

MEMBER = members.load(REPOSITORY / "deploy/members/omsk.yaml").by_id[ME]
WHY = Text(en="Bad.", ru="Плохо.")


def event(number: int) -> Event:
    return replace(changed(order(number), revision=1), id=f"e/{number}")


def run(delivering: Callable[[Sequence[Event]], Any], count: int = 4) -> Delivered:
    connector = loaded(Bad(delivering=delivering), "bad", MEMBER)
    sink = connector.connector.sink()
    assert sink is not None
    events = [event(number) for number in range(1, count + 1)]
    return asyncio.run(deliver(connector, sink, events, asyncio.Event()))


def outcomes(found: Delivered) -> list[str]:
    return [receipt.outcome.value for receipt in found.receipts]


def raising(error: Exception, *keys: str) -> Callable[[Sequence[Event]], Any]:
    def call(batch: Sequence[Event]) -> Any:
        if any(each.key in keys for each in batch):
            raise error
        return answers()(batch)

    return call


def test_a_good_batch_is_one_call() -> None:
    calls: list[int] = []

    def call(batch: Sequence[Event]) -> Any:
        calls.append(len(batch))
        return answers()(batch)

    found = run(call)
    assert (calls, outcomes(found), found.broken) == ([4], ["APPLIED"] * 4, None)


def test_an_invalid_document_is_rejected_alone() -> None:
    error = InvalidDocument(DocumentCode.BAD_DATE, WHY)
    found = run(raising(error, "2"))
    assert outcomes(found) == ["APPLIED", "REJECTED", "APPLIED", "APPLIED"]
    assert (found.receipts[1].reason, found.invalid, found.broken) == (WHY.as_map(), {"e/2": error}, None)


def test_a_document_that_breaks_the_code_stays_and_is_named() -> None:
    found = run(raising(ValueError(), "2"))
    assert outcomes(found) == ["APPLIED", "RETRY", "APPLIED", "APPLIED"]
    assert "document e/2" in str(found.broken)


def test_what_breaks_for_every_document_is_not_tried_for_all_of_them() -> None:
    calls: list[int] = []

    def call(batch: Sequence[Event]) -> Any:
        calls.append(len(batch))
        raise KeyError

    found = run(call, 50)
    assert outcomes(found) == ["RETRY"] * 50
    assert calls == [50, *[1] * MOST_BROKEN]
    assert "document e/1" in str(found.broken)


def test_what_only_a_batch_breaks_is_delivered_and_said() -> None:
    found = run(lambda batch: answers()(batch)[::-1])
    assert outcomes(found) == ["APPLIED"] * 4
    assert "another order than the events" in str(found.broken)


@pytest.mark.parametrize("error", [Unavailable(WHY), Misconfigured(WHY)])
def test_an_erp_that_is_away_keeps_the_batch(error: Exception) -> None:
    with pytest.raises(type(error)):
        run(raising(error, "3"))


def test_a_refusal_without_a_reason_gets_one_in_both_languages() -> None:
    found = run(answers(Outcome.REJECTED, reason={"en": "No."}), 1)
    assert found.receipts[0].reason["en"] == "No."
    assert "не назвал причину" in found.receipts[0].reason["ru"]


def test_a_delivery_that_hangs_is_cut_off_when_asked_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.runtime.delivery.STOP_S", 0.05)

    async def hang(_: Any) -> Any:
        await asyncio.sleep(60)

    class Hanging(Bad):
        def sink(self) -> Any:
            found: Any = super().sink()
            found.deliver = hang
            return found

    async def main() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, stop.set)
        connector = loaded(Hanging(delivering=answers()), "bad", MEMBER)
        sink = connector.connector.sink()
        assert sink is not None
        await deliver(connector, sink, [event(1)], stop)

    with pytest.raises(Unavailable, match="delivered again"):
        asyncio.run(main())
