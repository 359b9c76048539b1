-- Migrations only ever add: while a new version is rolled out, the old one still
-- works on the same tables. There is no way down, for a ledger is never unmade.
-- Numbers and names are those of ../sqlite: each table here is the one there, column
-- for column, so that a ledger can be copied from one to the other.
--
-- Times are RFC 3339 text in UTC with nine decimals, so that they sort as text; "C" has
-- text sort by its bytes, as in SQLite. Booleans are 0 and 1, as there.

-- +goose Up
CREATE TABLE meta (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- Keys of the ledger's own, sealed with the keyset.
CREATE TABLE secrets (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);

CREATE TABLE orders (
    reference    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request      BYTEA NOT NULL,
    request_hash TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    order_id     TEXT COLLATE "C",
    mock         BIGINT NOT NULL,
    price        TEXT COLLATE "C",
    currency     TEXT COLLATE "C",
    snapshot     TEXT COLLATE "C" NOT NULL,
    started_at   TEXT COLLATE "C" NOT NULL,
    updated_at   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX orders_newest ON orders (started_at DESC, reference);
CREATE INDEX orders_by_state ON orders (state, started_at DESC, reference);

-- An order id belongs to one reference for ever, and only a pinned one is paid.
CREATE TABLE pins (
    order_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    reference   TEXT COLLATE "C" NOT NULL REFERENCES orders (reference),
    replacement BIGINT NOT NULL,
    at          TEXT COLLATE "C" NOT NULL,
    UNIQUE (reference, replacement)
);

CREATE TABLE create_attempts (
    reference   TEXT COLLATE "C" NOT NULL REFERENCES orders (reference),
    replacement BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    first_at    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (reference, replacement)
);

CREATE TABLE payments (
    order_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES pins (order_id),
    reference   TEXT COLLATE "C" NOT NULL REFERENCES orders (reference),
    mock        BIGINT NOT NULL,
    amount      TEXT COLLATE "C",
    currency    TEXT COLLATE "C" NOT NULL,
    begun_at    TEXT COLLATE "C" NOT NULL,
    voided_at   TEXT COLLATE "C",
    void_reason TEXT COLLATE "C"
);
-- One payment for each reference: whatever the code above it thinks.
CREATE UNIQUE INDEX payments_standing ON payments (reference) WHERE voided_at IS NULL;

-- number counts the entries of all references without a gap.
CREATE TABLE audit (
    reference TEXT COLLATE "C" NOT NULL REFERENCES orders (reference),
    seq       BIGINT NOT NULL,
    number    BIGINT NOT NULL UNIQUE,
    key       TEXT COLLATE "C" NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    state     TEXT COLLATE "C" NOT NULL,
    reason    TEXT COLLATE "C" NOT NULL,
    order_id  TEXT COLLATE "C" NOT NULL,
    at        TEXT COLLATE "C" NOT NULL,
    hash      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (reference, seq),
    UNIQUE (reference, key)
);

-- Also for who owns the table, whom no grant binds.
-- +goose StatementBegin
CREATE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never %', CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit EXECUTE FUNCTION audit_is_final();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit EXECUTE FUNCTION audit_is_final();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit EXECUTE FUNCTION audit_is_final();

-- Where each chain ends, and how many entries there are in all.
CREATE TABLE heads (
    reference TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES orders (reference),
    seq       BIGINT NOT NULL,
    hash      TEXT COLLATE "C" NOT NULL,
    mac       TEXT COLLATE "C" NOT NULL
);

CREATE TABLE ledger_head (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    entries BIGINT NOT NULL,
    mac     TEXT COLLATE "C" NOT NULL
);

CREATE TABLE codes (
    reference  TEXT COLLATE "C" NOT NULL REFERENCES orders (reference),
    order_id   TEXT COLLATE "C" NOT NULL,
    item_index BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    item_id    TEXT COLLATE "C" NOT NULL,
    sealed     BYTEA NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (order_id, item_index, position)
);
CREATE INDEX codes_of_reference ON codes (reference, order_id, item_index, position);

CREATE TABLE switches (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    set_by TEXT COLLATE "C" NOT NULL,
    since  TEXT COLLATE "C" NOT NULL
);

CREATE TABLE settings (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- Nanoseconds since 1970.
CREATE TABLE budget (
    key_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tat        BIGINT NOT NULL,
    held_until BIGINT NOT NULL
);
