-- OETZ: units are OKEI codes, the answer carries a promised quantity per line, one change counter for the table.
CREATE TABLE customer_order (
    order_no INTEGER PRIMARY KEY,
    ext_ref TEXT NOT NULL UNIQUE,
    ext_rev INTEGER NOT NULL,
    customer_code TEXT,
    due TEXT NOT NULL,
    state_code INTEGER NOT NULL,
    promised TEXT,
    remark TEXT,
    change_no INTEGER NOT NULL DEFAULT 0
);
CREATE TRIGGER customer_order_new AFTER INSERT ON customer_order BEGIN
    UPDATE customer_order SET change_no = (SELECT max(change_no) FROM customer_order) + 1 WHERE order_no = NEW.order_no;
END;
CREATE TRIGGER customer_order_changed AFTER UPDATE ON customer_order WHEN NEW.change_no = OLD.change_no BEGIN
    UPDATE customer_order SET change_no = (SELECT max(change_no) FROM customer_order) + 1 WHERE order_no = NEW.order_no;
END;
CREATE TABLE customer_order_item (
    order_no INTEGER NOT NULL REFERENCES customer_order (order_no),
    item_no INTEGER NOT NULL,
    ext_line TEXT,
    part TEXT NOT NULL,
    qty NUMERIC NOT NULL,
    okei TEXT NOT NULL,
    qty_promised NUMERIC,
    PRIMARY KEY (order_no, item_no)
);
