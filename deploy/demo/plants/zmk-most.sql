-- ZMK-Most: a system of the nineties, transliterated names, dates as dd.mm.yyyy, local time. The reference is unique.
CREATE TABLE zakaz (
    id INTEGER PRIMARY KEY,
    nomer TEXT,
    vnesh_nomer TEXT UNIQUE,
    redakciya INTEGER,
    zakazchik TEXT NOT NULL,
    programma TEXT,
    srok TEXT NOT NULL,
    dlya TEXT,
    valyuta TEXT NOT NULL,
    status TEXT NOT NULL,
    srok_obeschan TEXT,
    prichina TEXT,
    izmenen TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now', '+6 hours'))
);
CREATE TRIGGER zakaz_nomer AFTER INSERT ON zakaz WHEN NEW.nomer IS NULL BEGIN
    UPDATE zakaz SET nomer = 'ЗМ-' || NEW.id WHERE id = NEW.id;
END;
CREATE TRIGGER zakaz_izmenen AFTER UPDATE ON zakaz WHEN NEW.izmenen IS OLD.izmenen BEGIN
    UPDATE zakaz SET izmenen = strftime('%Y-%m-%d %H:%M:%f', 'now', '+6 hours') WHERE id = NEW.id;
END;
CREATE TABLE zakaz_stroka (
    zakaz_id INTEGER NOT NULL REFERENCES zakaz (id),
    nomer_stroki INTEGER NOT NULL,
    vnesh_stroka TEXT,
    kod TEXT NOT NULL,
    naimenovanie TEXT,
    kolichestvo NUMERIC NOT NULL,
    ed TEXT NOT NULL,
    kol_obeschano NUMERIC,
    PRIMARY KEY (zakaz_id, nomer_stroki)
);
CREATE TABLE ostatki (
    sklad TEXT NOT NULL,
    kod TEXT NOT NULL,
    nalichie NUMERIC NOT NULL,
    rezerv NUMERIC NOT NULL DEFAULT 0,
    ed TEXT NOT NULL,
    PRIMARY KEY (sklad, kod)
);
INSERT INTO ostatki VALUES ('Цех МК', 'ZM-STRUCT', 20000, 0, 'кг');
CREATE TABLE zadanie (
    id INTEGER PRIMARY KEY,
    nomer TEXT NOT NULL,
    zakaz_id INTEGER REFERENCES zakaz (id),
    kod TEXT NOT NULL,
    plan NUMERIC NOT NULL,
    gotovo NUMERIC NOT NULL DEFAULT 0,
    brak NUMERIC NOT NULL DEFAULT 0,
    ed TEXT NOT NULL,
    sostoyanie TEXT NOT NULL,
    srok TEXT,
    versiya INTEGER NOT NULL
);
