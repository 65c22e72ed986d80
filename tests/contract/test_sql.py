"""The SQL connector on a real SQLite file and a real PostgreSQL, made as docs/connectors/sql.md says."""

import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from connectors.runtime import configuration
from connectors.sql import Sql, SqlConfig
from kranhub.connector import Outcome, Read, Sink
from kranhub.errors import Misconfigured, Unavailable
from kranhub.parties import members
from kranhub.wire.schema_files import load_all
from tests.support.postgresql_plant import PostgresqlPlant, translated
from tests.support.sql_plant import (
    REFERENCE,
    ROOT,
    VARIABLE,
    Plant,
    bad,
    blocks,
    connector,
    line,
    member,
    plant_order,
    poll,
    settings,
    values,
)

SQLITE = pytest.mark.parametrize("plant", ["sqlite"], indirect=True)
"""For a test in SQLite's own words; every other one runs on both databases."""


@pytest.fixture(params=["sqlite", "postgresql"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Plant:
    return made(request, tmp_path / "zmk most.db", blocks("sql")[0])


def made(request: pytest.FixtureRequest, path: Path, schema: str) -> Plant:
    if request.param == "sqlite":
        return Plant(path, schema)
    return PostgresqlPlant(request.getfixturevalue("postgresql_database"), translated(schema))


@pytest.fixture
async def sql(plant: Plant) -> AsyncIterator[Sql]:
    made = connector(plant)
    yield made
    await made.close()


def sink_of(sql: Sql) -> Sink:
    sink = sql.sink()
    assert sink is not None
    return sink


async def deliver(sql: Sql, *events: Any) -> list[Any]:
    return list(await sink_of(sql).deliver(events))


class TestGuide:
    """The example of the guide is what these tests run on."""

    async def test_example_is_valid_and_fits_its_tables(
        self, plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(VARIABLE, plant.url)
        file = tmp_path / "zmk-most.yaml"
        file.write_text(blocks("yaml")[0], encoding="utf-8")
        loaded = configuration.load(file, members.load(ROOT / "deploy/members/omsk.yaml"))
        assert loaded.member.id == "zmk-most"
        await loaded.connector.check()
        await loaded.connector.close()

    async def test_customer_example_publishes_orders(self, tmp_path: Path) -> None:
        shop = Plant(
            tmp_path / "shop.db",
            "CREATE TABLE zakupka (id INTEGER PRIMARY KEY, nomer TEXT, status TEXT, srok TEXT, programma TEXT,"
            " sozdana TEXT, izmenena TEXT);"
            "CREATE TABLE zakupka_stroka (zakupka_id INT, n INT, kod TEXT, kol REAL, ed TEXT, cena NUMERIC);"
            "INSERT INTO zakupka VALUES (1,'ЗП-1','ПОДТВЕРЖДЕНА','2026-05-01',NULL,'2026-01-10 09:00:00',NULL),"
            " (2,'ЗП-2','ЧЕРНОВИК','2026-05-01',NULL,'2026-01-10 09:00:01',NULL),"
            " (3,'ЗП-3','ОТМЕНЕНА','2026-05-01','gosprogramma-kran',NULL,'2026-01-11 09:00:01');"
            "INSERT INTO zakupka_stroka VALUES (1,1,'КМ-10',1,'шт',1250000.5),(3,1,'М-5',50.125,'т',NULL);",
        )
        data = yaml.safe_load(blocks("yaml")[1])["config"] | {"url_env": None, "url": f"sqlite:///{shop.path}"}
        sql = Sql(SqlConfig.model_validate(data), member("sibir-terminal"))
        await sql.check()
        items, _ = await poll(sql.source())
        await sql.close()
        first, second = values(items, "Order")
        assert (first["order_id"], first["number"], first["document_status"]) == ("1", "ЗП-1", "ACTIVE")
        assert first["issued_at"] == datetime(2026, 1, 10, 2, 0, tzinfo=UTC)  # Novosibirsk is UTC+7
        assert first["lines"][0]["price"] == Decimal("1250000.5")
        assert (second["document_status"], second["programme"]) == ("CANCELLED", "gosprogramma-kran")
        assert second["lines"][0]["quantity"] == Decimal("50.125")
        fields = load_all()["Order"]["fields"]
        assert {field["name"] for field in fields if "default" not in field} <= set(first)
        assert set(first) <= {field["name"] for field in fields}

    async def test_example_of_codes_publishes_what_they_mean(self, tmp_path: Path) -> None:
        plant = Plant(
            tmp_path / "codes.db",
            "CREATE TABLE nomenklatura (kod TEXT PRIMARY KEY, kod_centra TEXT, ed TEXT);"
            "INSERT INTO nomenklatura VALUES ('БК-22','girder-main-22m5','шт'), ('БК-30',NULL,'шт'),"
            " ('КРАСКА','coating-girders',NULL), ('ЛОМ','bridge-span','пуд');",
        )
        data = yaml.safe_load(blocks("yaml")[2])["config"] | {"url_env": None, "url": f"sqlite:///{plant.path}"}
        sql = Sql(SqlConfig.model_validate(data), member())
        await sql.check()
        items, checkpoint = await poll(sql.source())
        assert values(items, "ItemMapping") == [
            {"member": "zmk-most", "item_code": "БК-22", "item": "girder-main-22m5", "unit": "H87"},
            {"member": "zmk-most", "item_code": "КРАСКА", "item": "coating-girders", "unit": None},
        ]
        assert [(found.key, found.code) for found in bad(items)] == [("%D0%9B%D0%9E%D0%9C", "unmapped-unit")]
        assert {item.event.key for item in items if isinstance(item, Read)} == {"БК-22", "КРАСКА"}
        plant.do("UPDATE nomenklatura SET kod_centra = 'bridge-span' WHERE kod = 'БК-30'")
        again, _ = await poll(sql.source(), checkpoint)
        assert [value["item_code"] for value in values(again, "ItemMapping")] == ["БК-30"]
        await sql.close()
        assert {field["name"] for field in load_all()["ItemMapping"]["fields"]} == {*values(items, "ItemMapping")[0]}


class TestSink:
    async def test_creates_head_and_lines_in_the_plants_spelling(self, sql: Sql, plant: Plant) -> None:
        lines = [line(), line("2", "14.25", unit="TNE", description=None, requested_date=date(2026, 3, 1))]
        (receipt,) = await deliver(sql, plant_order(lines=lines, programme="gosprogramma-kran"))
        assert receipt.outcome is Outcome.APPLIED
        (head,) = plant.ask("SELECT * FROM zakaz")
        expected = {
            "vnesh_nomer": REFERENCE,
            "redakciya": 1,
            "zakazchik": "К-0017",
            "programma": "gosprogramma-kran",
            "srok": "31.03.2026",
            "dlya": "irtysh-stroy:З-1/1.assembly.1",
            "valyuta": "руб",
            "status": "НОВЫЙ",
            "istochnik": "kranhub",
        }
        assert {name: head[name] for name in expected} == expected
        rows = plant.ask("SELECT nomer_stroki, kod, naimenovanie, kolichestvo, ed, srok FROM zakaz_stroka ORDER BY 1")
        assert [tuple(row.values()) for row in rows] == [
            (1, "БК-22", "Балка", 2, "шт", "31.03.2026"),
            (2, "БК-22", None, 14.25, "т", "01.03.2026"),
        ]

    async def test_same_document_twice_is_one_row(self, sql: Sql, plant: Plant) -> None:
        outcomes = [receipt.outcome for receipt in await deliver(sql, plant_order(), plant_order())]
        assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE]
        assert len(plant.ask("SELECT * FROM zakaz")) == len(plant.ask("SELECT * FROM zakaz_stroka")) == 1

    async def test_receipt_names_the_erps_own_number(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.do("UPDATE zakaz SET nomer = 'ЗК-77'")
        (receipt,) = await deliver(sql, plant_order())
        assert receipt.erp_reference == "ЗК-77"

    async def test_older_revision_changes_nothing(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order(2, [line(quantity="5")]))
        (receipt,) = await deliver(sql, plant_order(1))
        assert receipt.outcome is Outcome.DUPLICATE
        assert plant.ask("SELECT kolichestvo FROM zakaz_stroka") == [{"kolichestvo": 5}]

    async def test_newer_revision_changes_lines_and_keeps_what_the_plant_added(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order(1, [line("1"), line("2", "4")]))
        plant.answer("ПРИНЯТ", prichina="Согласовано")
        plant.do(
            "INSERT INTO zakaz_stroka (zakaz_id, nomer_stroki, kod, kolichestvo, ed) VALUES (1, 3, 'УПАК', 1, 'шт')"
        )
        (receipt,) = await deliver(sql, plant_order(2, [line("1", "3"), line("3", "7")]))
        assert receipt.outcome is Outcome.APPLIED
        (head,) = plant.ask("SELECT * FROM zakaz")
        assert (head["redakciya"], head["status"], head["prichina"]) == (2, "ИЗМЕНЕН ЗАКАЗЧИКОМ", "Согласовано")
        rows = plant.ask("SELECT nomer_stroki, vnesh_stroka, kod, kolichestvo FROM zakaz_stroka ORDER BY 1")
        assert [tuple(row.values()) for row in rows] == [
            (1, "1", "БК-22", 3),
            (3, None, "УПАК", 1),
            (4, "3", "БК-22", 7),
        ]

    @SQLITE
    async def test_revision_writes_only_what_differs(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order(1, [line("1"), line("2")]))
        plant.do("CREATE TABLE touched (n INT)")
        plant.do(
            "CREATE TRIGGER t AFTER UPDATE ON zakaz_stroka BEGIN INSERT INTO touched VALUES (NEW.nomer_stroki); END"
        )
        await deliver(sql, plant_order(2, [line("1"), line("2", "9")]))
        assert plant.ask("SELECT n FROM touched") == [{"n": 2}]

    async def test_cancel_sets_the_status_and_keeps_the_lines(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        (receipt,) = await deliver(sql, plant_order(2, document_status="CANCELLED"))
        assert receipt.outcome is Outcome.APPLIED
        assert plant.ask("SELECT status, redakciya FROM zakaz") == [{"status": "ОТМЕНЕН", "redakciya": 2}]
        assert len(plant.ask("SELECT * FROM zakaz_stroka")) == 1

    async def test_cancelled_before_it_came_never_becomes_active(self, sql: Sql, plant: Plant) -> None:
        cancelled = plant_order(2, document_status="CANCELLED")
        outcomes = [receipt.outcome for receipt in await deliver(sql, cancelled, plant_order(1))]
        assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE]
        assert plant.ask("SELECT status FROM zakaz") == [{"status": "ОТМЕНЕН"}]

    @pytest.mark.parametrize("change", [{"document_status": "CANCELLED"}, {"programme": "p"}])
    async def test_closed_order_is_rejected_with_the_reason(
        self, sql: Sql, plant: Plant, change: dict[str, Any]
    ) -> None:
        await deliver(sql, plant_order())
        plant.answer("ОТГРУЖЕН")
        (receipt,) = await deliver(sql, plant_order(2, **change))
        assert receipt.outcome is Outcome.REJECTED
        assert "ОТГРУЖЕН" in receipt.reason["ru"]
        assert "ОТГРУЖЕН" in receipt.reason["en"]
        assert plant.ask("SELECT redakciya FROM zakaz") == [{"redakciya": 1}]

    async def test_row_that_a_person_edits_waits_and_others_flow(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.do("UPDATE zakaz SET pravit = 'Иванова'")
        before = datetime.now(UTC)
        other = plant_order(plant_order_id="irtysh-stroy:З-2/1.girder.1")
        waiting, flowing = await deliver(sql, plant_order(2), other)
        assert (waiting.outcome, flowing.outcome) == (Outcome.RETRY, Outcome.APPLIED)
        assert waiting.not_before > before
        plant.do("UPDATE zakaz SET pravit = ''")
        (receipt,) = await deliver(sql, plant_order(2))
        assert receipt.outcome is Outcome.APPLIED

    @SQLITE
    async def test_cut_text_is_rejected_and_leaves_nothing(self, sql: Sql, plant: Plant) -> None:
        plant.do(
            "CREATE TRIGGER cut AFTER INSERT ON zakaz_stroka BEGIN"
            " UPDATE zakaz_stroka SET naimenovanie = substr(naimenovanie, 1, 10) WHERE rowid = NEW.rowid; END"
        )
        (receipt,) = await deliver(sql, plant_order(lines=[line(description="Балка главная двутавровая")]))
        assert receipt.outcome is Outcome.REJECTED
        assert "naimenovanie" in receipt.reason["en"]
        assert plant.ask("SELECT * FROM zakaz") == []

    @SQLITE
    async def test_number_that_the_column_cannot_hold_is_rejected(self, sql: Sql, plant: Plant) -> None:
        (receipt,) = await deliver(sql, plant_order(lines=[line(quantity="1234567890123456.123456")]))
        assert receipt.outcome is Outcome.REJECTED
        assert "kolichestvo" in receipt.reason["en"]

    async def test_unit_without_a_spelling_is_rejected(self, sql: Sql, plant: Plant) -> None:
        (receipt,) = await deliver(sql, plant_order(lines=[line(unit="KMH")]))
        assert receipt.outcome is Outcome.REJECTED
        assert "KMH" in receipt.reason["ru"]
        assert plant.ask("SELECT * FROM zakaz") == []

    @SQLITE
    async def test_constraint_of_the_plant_is_its_no(self, sql: Sql, plant: Plant) -> None:
        plant.do("CREATE TRIGGER t BEFORE INSERT ON zakaz BEGIN SELECT RAISE(ABORT, 'Договор не подписан'); END")
        (receipt,) = await deliver(sql, plant_order())
        assert receipt.outcome is Outcome.REJECTED
        assert "Договор не подписан" in receipt.reason["ru"]

    @SQLITE
    async def test_locked_database_is_unavailable(self, sql: Sql, plant: Plant) -> None:
        with closing(sqlite3.connect(plant.path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Unavailable):
                await deliver(sql, plant_order())
        (receipt,) = await deliver(sql, plant_order())
        assert receipt.outcome is Outcome.APPLIED


class TestIntents:
    """A table that keeps nothing unique and has no column for the revision."""

    @pytest.fixture(params=["sqlite", "postgresql"])
    def plant(self, request: pytest.FixtureRequest, tmp_path: Path) -> Plant:
        schema = blocks("sql")[0].replace("vnesh_nomer     TEXT UNIQUE", "vnesh_nomer     TEXT")
        return made(request, tmp_path / "plant.db", schema)

    @pytest.fixture
    async def sql(self, plant: Plant) -> AsyncIterator[Sql]:
        made = connector(
            plant,
            plant_orders__intents="create",
            plant_orders__head__revision=None,
            plant_orders__lines__reference=None,
            responses__lines__reference=None,
        )
        yield made
        await made.close()

    async def test_without_intents_the_check_asks_for_a_unique_index(self, plant: Plant) -> None:
        sql = connector(plant)
        with pytest.raises(Misconfigured, match=r"zakaz\.vnesh_nomer unique"):
            await sql.check()
        await sql.close()

    async def test_remembers_revision_and_lines(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order(2, [line("1"), line("2")]))
        plant.do(
            "INSERT INTO zakaz_stroka (zakaz_id, nomer_stroki, kod, kolichestvo, ed) VALUES (1, 9, 'УПАК', 1, 'шт')"
        )
        old, new = await deliver(sql, plant_order(1), plant_order(3, [line("1", "5")]))
        assert (old.outcome, new.outcome) == (Outcome.DUPLICATE, Outcome.APPLIED)
        assert "9" in new.reason["en"]
        rows = plant.ask("SELECT nomer_stroki, kolichestvo FROM zakaz_stroka ORDER BY 1")
        assert [tuple(row.values()) for row in rows] == [(1, 5), (9, 1)]

    async def test_order_deleted_by_a_person_does_not_come_back(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.do("DELETE FROM zakaz_stroka")
        plant.do("DELETE FROM zakaz")
        (receipt,) = await deliver(sql, plant_order())
        assert receipt.outcome is Outcome.REJECTED
        assert plant.ask("SELECT * FROM zakaz") == []

    async def test_check_creates_the_table_once(self, sql: Sql, plant: Plant) -> None:
        await sql.check()
        await sql.check()
        assert plant.ask("SELECT * FROM kranhub_intent") == []


class TestSource:
    async def test_new_order_is_no_answer_yet(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order(), plant_order(2), plant_order(3, document_status="CANCELLED"))
        items, _ = await poll(sql.source())
        assert items == []

    @pytest.mark.parametrize(
        ("status", "code", "line_status", "quantity"),
        [
            ("ПРИНЯТ", "AP", "ACCEPTED", 2),
            ("ИЗМЕНЕН", "CA", "CHANGED", 2),
            ("ОТКАЗ", "RE", "NOT_ACCEPTED", 0),
        ],
    )
    async def test_answer(
        self, sql: Sql, plant: Plant, status: str, code: str, line_status: str, quantity: int
    ) -> None:
        await deliver(sql, plant_order())
        plant.answer(
            status, srok_obeschan="02.04.2026", prichina="Письмо 15", nomer="ЗК-77", izmenen="2026-02-01 12:00:00"
        )
        items, _ = await poll(sql.source())
        (value,) = values(items, "OrderResponse")
        assert value == {
            "plant_order_id": REFERENCE,
            "plant": "zmk-most",
            "plant_order_revision": 1,
            "response_code": code,
            "erp_reference": "ЗК-77",
            "issued_at": datetime(2026, 2, 1, 6, 0, tzinfo=UTC),  # Omsk is UTC+6
            "reason": "Письмо 15",
            "lines": [
                {
                    "line_id": "1",
                    "status": line_status,
                    "quantity": Decimal(quantity),
                    "unit": "H87",
                    "promised_date": date(2026, 4, 2) if quantity else None,
                    "reason": "Письмо 15",
                }
            ],
        }

    async def test_smaller_promise_is_a_change(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order(lines=[line(), line("2")]))
        plant.do("UPDATE zakaz_stroka SET kol_obeschano = 1.5 WHERE nomer_stroki = 2")
        plant.answer("ПРИНЯТ")
        (value,) = values((await poll(sql.source()))[0], "OrderResponse")
        assert [(row["status"], row["quantity"]) for row in value["lines"]] == [
            ("ACCEPTED", Decimal(2)),
            ("CHANGED", Decimal("1.5")),
        ]
        assert value["response_code"] == "CA"

    async def test_the_plants_own_orders_are_not_published(self, sql: Sql, plant: Plant) -> None:
        for reference in (None, "", "Договор 12/5"):
            plant.do(
                "INSERT INTO zakaz (vnesh_nomer, zakazchik, srok, valyuta, status, istochnik)"
                " VALUES (?, 'x', 'x', 'x', 'ПРИНЯТ', 'x')",
                reference,
            )
        assert (await poll(sql.source()))[0] == []

    async def test_stock_and_production(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.do("INSERT INTO ostatki VALUES ('Склад металла', 'БК-22', 12.5, 2, 'т')")
        plant.do("INSERT INTO zadanie VALUES (5, 'ПЗ-5', 1, 'БК-22', 2, 1, 0, 'шт', 'В РАБОТЕ', '20.03.2026', 17)")
        plant.do("INSERT INTO zadanie VALUES (6, 'ПЗ-6', NULL, 'БК-22', 2, 2, 0, 'ШТ', 'ГОТОВО', NULL, 18)")
        items, _ = await poll(sql.source())
        (stock,) = values(items, "InventoryLevel")
        assert (stock["site"], stock["on_hand"], stock["reserved"], stock["unit"]) == (
            "zmk-most-works",
            Decimal("12.5"),
            2,
            "TNE",
        )
        mine, for_stock = values(items, "ProductionStatus")
        assert (mine["plant_order_id"], mine["state"], mine["completed"]) == (REFERENCE, "RUNNING", 1)
        assert mine["estimated_completion"] == date(2026, 3, 20)
        assert (for_stock["plant_order_id"], for_stock["state"], for_stock["unit"]) == (None, "COMPLETED", "H87")
        for value, subject in ((stock, "InventoryLevel"), (mine, "ProductionStatus")):
            assert set(value) == {field["name"] for field in load_all()[subject]["fields"]}

    async def test_same_version_read_again_has_the_same_id(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.answer("ПРИНЯТ")
        plant.do("INSERT INTO ostatki VALUES ('Склад металла', 'БК-22', 12.5, 2, 'т')")
        first, _ = await poll(sql.source())
        second, _ = await poll(sql.source())
        ids = [item.event.id for item in first if isinstance(item, Read)]
        assert len(ids) == 2
        assert ids == [item.event.id for item in second if isinstance(item, Read)]

    async def test_resume_from_any_checkpoint_loses_and_repeats_nothing(self, plant: Plant) -> None:
        sql = connector(plant, page_rows=2)
        for number in range(7):
            plant.do(
                "INSERT INTO zadanie VALUES (?, ?, NULL, 'К', 1, 0, 0, 'шт', 'СТОП', NULL, ?)",
                number,
                f"П{number}",
                100 + number // 3,
            )
            plant.do("INSERT INTO ostatki VALUES ('Склад металла', ?, 1, 0, 'шт')", f"К{number}")
        items, end = await poll(sql.source())
        ids = [item.event.id for item in items if isinstance(item, Read)]
        assert len(ids) == 14
        for index, item in enumerate(items):
            rest, _ = await poll(sql.source(), item.checkpoint)
            assert {read.event.id for read in rest if isinstance(read, Read)} == set(ids[index + 1 :])
        assert (await poll(sql.source(), end))[0] == []
        await sql.close()

    async def test_late_commit_within_the_overlap_is_seen(self, sql: Sql, plant: Plant) -> None:
        insert = "INSERT INTO zadanie VALUES (?, ?, NULL, 'К', 1, 0, 0, 'шт', 'СТОП', NULL, ?)"
        plant.do(insert, 2, "П2", 18)
        _, checkpoint = await poll(sql.source())
        plant.do(insert, 1, "П1", 17)  # took its version before П2 and commits after it was read
        items, checkpoint = await poll(sql.source(), checkpoint)
        assert [value["production_order_id"] for value in values(items, "ProductionStatus")] == ["П1"]
        assert (await poll(sql.source(), checkpoint))[0] == []

    async def test_two_changes_within_one_second_are_two_events(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.answer("ПРИНЯТ", izmenen="2026-02-01 12:00:00")
        first, checkpoint = await poll(sql.source())
        plant.answer("ОТКАЗ", izmenen="2026-02-01 12:00:00")
        second, _ = await poll(sql.source(), checkpoint)
        assert [value["response_code"] for value in values(first + second, "OrderResponse")] == ["AP", "RE"]

    async def test_clock_far_ahead_hides_nothing_that_follows(self, sql: Sql, plant: Plant) -> None:
        other = "irtysh-stroy:З-2/1.girder.1"
        await deliver(sql, plant_order(), plant_order(plant_order_id=other))
        plant.answer("ПРИНЯТ", izmenen="2099-02-01 12:00:00")
        first, checkpoint = await poll(sql.source())
        assert len(values(first, "OrderResponse")) == 1
        plant.do("UPDATE zakaz SET status = 'ОТКАЗ' WHERE vnesh_nomer = ?", other)
        second, checkpoint = await poll(sql.source(), checkpoint)
        assert [value["plant_order_id"] for value in values(second, "OrderResponse")] == [other]
        assert (await poll(sql.source(), checkpoint))[0] == []

    async def test_row_without_a_version_is_seen_once_per_content(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.stop_stamping()
        _, checkpoint = await poll(sql.source())
        plant.answer("ПРИНЯТ", izmenen="")
        first, checkpoint = await poll(sql.source(), checkpoint)
        assert len(values(first, "OrderResponse")) == 1
        assert (await poll(sql.source(), checkpoint))[0] == []

    async def test_stock_that_returns_to_its_old_value_is_an_event(self, sql: Sql, plant: Plant) -> None:
        plant.do("INSERT INTO ostatki VALUES ('Склад металла', 'БК-22', 5, 0, 'шт')")
        found, checkpoint = await poll(sql.source())
        for amount in (4, 5):
            plant.do("UPDATE ostatki SET nalichie = ?", amount)
            items, checkpoint = await poll(sql.source(), checkpoint)
            found += items
        assert [value["on_hand"] for value in values(found, "InventoryLevel")] == [5, 4, 5]
        assert len({item.event.id for item in found if isinstance(item, Read)}) == 3

    async def test_new_epoch_reads_everything_anew(self, sql: Sql, plant: Plant) -> None:
        plant.do("INSERT INTO ostatki VALUES ('Склад металла', 'БК-22', 5, 0, 'шт')")
        first, checkpoint = await poll(sql.source())
        restored = connector(plant, epoch=2)
        second, _ = await poll(restored.source(), checkpoint)
        await restored.close()
        ids = {item.event.id for item in first + second if isinstance(item, Read)}
        assert len(ids) == 2

    async def test_another_way_to_read_starts_from_the_beginning(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        plant.answer("ПРИНЯТ", izmenen="2026-02-01 12:00:00.125")
        _, checkpoint = await poll(sql.source())
        whole = connector(plant, responses__changed=None)
        items, checkpoint = await poll(whole.source(), checkpoint)
        assert len(values(items, "OrderResponse")) == 1
        assert (await poll(whole.source(), checkpoint))[0] == []
        await whole.close()

    async def test_time_that_does_not_parse_is_a_bad_row(self, sql: Sql, plant: Plant) -> None:
        await deliver(sql, plant_order())
        _, checkpoint = await poll(sql.source())
        plant.answer("ПРИНЯТ", izmenen="вчера")
        items, checkpoint = await poll(sql.source(), checkpoint)
        assert [letter.code for letter in bad(items)] == ["bad-date"]
        plant.answer("ПРИНЯТ", izmenen="01.02.2026 10:00")
        items, _ = await poll(sql.source(), checkpoint)
        assert len(values(items, "OrderResponse")) == 1


class TestBadRows:
    """Each is a dead letter with its original row, and the next row flows."""

    @SQLITE
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("ed = 'пуд'", "unmapped-unit"),
            ("plan = 'много'", "bad-number"),
            ("plan = -1", "negative-quantity"),
            ("plan = 0.0000001", "too-many-digits"),
            ("srok = '01.01.1753'", "date-out-of-range"),
            ("srok = '31.02.2026'", "bad-date"),
            ("srok = 'скоро'", "bad-date"),
            ("sostoyanie = 'ДУМАЕМ'", "unmapped-value"),
            ("kod = ''", "missing-value"),
            ("kod = CAST(x'CAEED1' AS TEXT)", "bad-text"),
        ],
    )
    async def test_bad_row(self, sql: Sql, plant: Plant, change: str, code: str) -> None:
        for number in (1, 2):
            plant.do(
                "INSERT INTO zadanie VALUES (?, ?, NULL, 'К', 1, 0, 0, 'шт', 'СТОП', NULL, ?)",
                number,
                f"П{number}",
                number,
            )
        plant.do(f"UPDATE zadanie SET {change} WHERE id = 1")
        items, checkpoint = await poll(sql.source())
        (letter,) = bad(items)
        assert (letter.code, letter.subject, letter.key) == (code, "ProductionStatus", "1")
        assert {"en", "ru"} == set(letter.reason)
        original = json.loads(letter.original)
        assert (original["table"], original["row"]["nomer"]) == ("zadanie", "П1")
        assert [value["production_order_id"] for value in values(items, "ProductionStatus")] == ["П2"]
        assert (await poll(sql.source(), checkpoint))[0] == []
        plant.do(
            "UPDATE zadanie SET ed = 'шт', plan = 1, srok = NULL, sostoyanie = 'СТОП', kod = 'К', versiya = 3"
            " WHERE id = 1"
        )
        repaired, _ = await poll(sql.source(), checkpoint)
        assert [value["production_order_id"] for value in values(repaired, "ProductionStatus")] == ["П1"]


class TestCheck:
    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"inventory__table": "ostatok"}, "ostatok"),
            ({"inventory__on_hand": "ostalos"}, "ostalos"),
            ({"items": {"table": "ostatki", "key": "kod", "item_code": "kod", "item": "kod_centra"}}, "kod_centra"),
            ({"plant_orders__lines__quantity": "kol"}, "kol"),
            ({"plant_orders__head__constants": {}}, "istochnik"),
            ({"inventory__sites": {"Склад металла": "nowhere"}}, "nowhere"),
            ({"production__changed__column": "nomer"}, "nomer"),
        ],
    )
    async def test_wrong_name_is_named(self, plant: Plant, change: dict[str, Any], named: str) -> None:
        plant.do("INSERT INTO zadanie VALUES (1, 'П1', NULL, 'К', 1, 0, 0, 'шт', 'СТОП', NULL, 1)")
        sql = connector(plant, **change)
        with pytest.raises(Misconfigured, match=named) as caught:
            await sql.check()
        assert named in caught.value.text.ru
        await sql.close()

    @SQLITE
    async def test_missing_file_is_unavailable_and_is_not_created(self, tmp_path: Path, plant: Plant) -> None:
        sql = connector(plant, url=f"sqlite:///{tmp_path / 'nowhere.db'}")
        with pytest.raises(Unavailable):
            await sql.check()
        assert not (tmp_path / "nowhere.db").exists()

    @SQLITE
    async def test_file_that_is_no_database(self, tmp_path: Path, plant: Plant) -> None:
        (tmp_path / "text.db").write_text("plain text" * 200)
        with pytest.raises(Misconfigured):
            await connector(plant, url=f"sqlite:///{tmp_path / 'text.db'}").check()

    async def test_table_dropped_while_running(self, sql: Sql, plant: Plant) -> None:
        await sql.check()
        plant.do("DROP TABLE ostatki")
        with pytest.raises(Misconfigured, match="ostatki"):
            await poll(sql.source())

    def test_missing_variable_is_named(self, plant: Plant) -> None:
        os.environ.pop(VARIABLE, None)
        with pytest.raises(Misconfigured, match=VARIABLE):
            connector(plant, url=None, url_env=VARIABLE)

    @pytest.mark.parametrize(
        "change",
        [
            {"url": "postgresql://erp:secret@localhost/erp"},
            {"url": "not an address"},
            {"inventory__table": "ostatki; DROP TABLE zakaz"},
            {"inventory__unit": 'ed" FROM x --'},
            {"url": "sqlite://"},
            {"units": {"шт": "piece"}},
            {"units": {"шт": "PCE"}},
            {"surprise": 1},
            {"plant_orders__head__revision": None},
            {"plant_orders": None},
        ],
    )
    def test_wrong_setting_is_refused(self, plant: Plant, change: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            SqlConfig.model_validate(settings(plant.url, **change))

    async def test_names_with_quotes_needed_work(self, tmp_path: Path) -> None:
        plant = Plant(
            tmp_path / "plant.db",
            'CREATE TABLE "Остатки склада" ("Код товара" TEXT PRIMARY KEY, "order" REAL, "select" TEXT);'
            "INSERT INTO \"Остатки склада\" VALUES ('К', 2.5, 'шт')",
        )
        inventory = {
            "table": "Остатки склада",
            "key": "Код товара",
            "item_code": "Код товара",
            "on_hand": "order",
            "unit": "select",
        }
        data = {"url": f"sqlite:///{plant.path}", "units": {"шт": "H87"}, "inventory": inventory}
        sql = Sql(SqlConfig.model_validate(data), member())
        await sql.check()
        (value,) = values((await poll(sql.source()))[0], "InventoryLevel")
        assert (value["item_code"], value["on_hand"], value["site"]) == ("К", Decimal("2.5"), "zmk-most-works")
        assert sql.sink() is None
        await sql.close()
