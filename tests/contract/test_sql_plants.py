"""The demonstration's four plants, each with tables and spellings of its own: one connector, four configurations."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.runtime import configuration
from connectors.sql import Sql
from deploy.demo.sql_erp import PLANTS, STATEMENTS, SqlErp
from kranhub.connector import Outcome
from kranhub.parties import members
from tests.support.sql_plant import REFERENCE, ROOT, line, plant_order, poll, values

UNITS = {"zmk-most": "TNE", "tsvetnoy-bulvar": "MTK", "oetz": "SET", "oemz": "H87"}


@pytest.fixture(params=sorted(STATEMENTS))
def erp(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqlErp:
    made = SqlErp(request.param, tmp_path)
    made.create()
    monkeypatch.setenv(made.variable, f"sqlite:///{made.file}")
    return made


@pytest.fixture
async def sql(erp: SqlErp) -> AsyncIterator[Sql]:
    loaded = configuration.load(PLANTS / f"{erp.plant}.yaml", members.load(ROOT / "deploy/members/omsk.yaml"))
    assert isinstance(loaded.connector, Sql)
    await loaded.connector.check()
    yield loaded.connector
    await loaded.connector.close()


async def test_order_goes_in_once_and_its_answer_comes_back(erp: SqlErp, sql: Sql) -> None:
    sink = sql.sink()
    assert sink is not None
    unit = UNITS[erp.plant]
    order = plant_order(lines=[line(quantity="12.5", unit=unit)], plant=erp.plant)
    outcomes = [receipt.outcome for receipt in await sink.deliver([order, order])]
    assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE]
    assert erp.waiting() == [REFERENCE]
    before, checkpoint = await poll(sql.source())
    assert values(before, "OrderResponse") == []

    erp.accept(REFERENCE, date(2026, 4, 2))
    (answer,) = values((await poll(sql.source(), checkpoint))[0], "OrderResponse")
    assert (answer["plant"], answer["response_code"], answer["plant_order_revision"]) == (erp.plant, "AP", 1)
    (told,) = answer["lines"]
    assert (told["line_id"], told["quantity"], told["unit"]) == ("1", Decimal("12.5"), unit)
    assert told["promised_date"] == date(2026, 4, 2)


async def test_refusal_and_cancellation(erp: SqlErp, sql: Sql) -> None:
    sink = sql.sink()
    assert sink is not None
    lines = [line(unit=UNITS[erp.plant])]
    await sink.deliver([plant_order(lines=lines)])
    erp.reject(REFERENCE, "Нет металла")
    items, checkpoint = await poll(sql.source())
    (answer,) = values(items, "OrderResponse")
    assert (answer["response_code"], answer["reason"]) == ("RE", "Нет металла")

    (receipt,) = await sink.deliver([plant_order(2, lines, document_status="CANCELLED")])
    assert receipt.outcome is Outcome.APPLIED
    assert erp.references() == [(REFERENCE, False)]
    assert values((await poll(sql.source(), checkpoint))[0], "OrderResponse") == []
