-- Tsvetnoy Bulvar: Cyrillic names, ISO dates, a version per change, and NO unique constraint on the external number.
CREATE TABLE "Заявки" (
    "Код" INTEGER PRIMARY KEY,
    "ВнешнийНомер" TEXT,
    "Редакция" INTEGER,
    "Заказчик" TEXT NOT NULL,
    "Срок" TEXT NOT NULL,
    "Состояние" TEXT NOT NULL,
    "СрокОбещан" TEXT,
    "Причина" TEXT,
    "Версия" INTEGER NOT NULL DEFAULT 0
);
CREATE TRIGGER "ЗаявкиНовая" AFTER INSERT ON "Заявки" BEGIN
    UPDATE "Заявки" SET "Версия" = (SELECT max("Версия") FROM "Заявки") + 1 WHERE "Код" = NEW."Код";
END;
CREATE TRIGGER "ЗаявкиИзменение" AFTER UPDATE ON "Заявки" WHEN NEW."Версия" = OLD."Версия" BEGIN
    UPDATE "Заявки" SET "Версия" = (SELECT max("Версия") FROM "Заявки") + 1 WHERE "Код" = NEW."Код";
END;
CREATE TABLE "СтрокиЗаявки" (
    "Заявка" INTEGER NOT NULL REFERENCES "Заявки" ("Код"),
    "Номер" INTEGER NOT NULL,
    "ВнешняяСтрока" TEXT,
    "Услуга" TEXT NOT NULL,
    "Площадь" NUMERIC NOT NULL,
    "Ед" TEXT NOT NULL,
    PRIMARY KEY ("Заявка", "Номер")
);
