-- Migrations only ever add: while a new version is rolled out, the old one still
-- works on the same file. There is no way down, for a ledger is never unmade.
-- Times are RFC 3339 text in UTC with nine decimals, so that they sort as text.

-- +goose Up
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Keys of the ledger's own, sealed with the keyset.
CREATE TABLE secrets (
    name   TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE orders (
    reference    TEXT NOT NULL PRIMARY KEY,
    request      BLOB NOT NULL,
    request_hash TEXT NOT NULL,
    state        TEXT NOT NULL,
    order_id     TEXT,
    mock         INTEGER NOT NULL,
    price        TEXT,
    currency     TEXT,
    snapshot     TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL
) STRICT;
CREATE INDEX orders_newest ON orders (started_at DESC, reference);
CREATE INDEX orders_by_state ON orders (state, started_at DESC, reference);

-- An order id belongs to one reference for ever, and only a pinned one is paid.
CREATE TABLE pins (
    order_id    TEXT NOT NULL PRIMARY KEY,
    reference   TEXT NOT NULL REFERENCES orders (reference),
    replacement INTEGER NOT NULL,
    at          TEXT NOT NULL,
    UNIQUE (reference, replacement)
) STRICT;

CREATE TABLE create_attempts (
    reference   TEXT NOT NULL REFERENCES orders (reference),
    replacement INTEGER NOT NULL,
    attempts    INTEGER NOT NULL,
    first_at    TEXT NOT NULL,
    PRIMARY KEY (reference, replacement)
) STRICT;

CREATE TABLE payments (
    order_id    TEXT NOT NULL PRIMARY KEY REFERENCES pins (order_id),
    reference   TEXT NOT NULL REFERENCES orders (reference),
    mock        INTEGER NOT NULL,
    amount      TEXT,
    currency    TEXT NOT NULL,
    begun_at    TEXT NOT NULL,
    voided_at   TEXT,
    void_reason TEXT
) STRICT;
-- One payment for each reference: whatever the code above it thinks.
CREATE UNIQUE INDEX payments_standing ON payments (reference) WHERE voided_at IS NULL;

-- number counts the entries of all references without a gap.
CREATE TABLE audit (
    reference TEXT NOT NULL REFERENCES orders (reference),
    seq       INTEGER NOT NULL,
    number    INTEGER NOT NULL UNIQUE,
    key       TEXT NOT NULL,
    kind      TEXT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    order_id  TEXT NOT NULL,
    at        TEXT NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (reference, seq),
    UNIQUE (reference, key)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never deleted');
END;
-- +goose StatementEnd

-- Where each chain ends, and how many entries there are in all.
CREATE TABLE heads (
    reference TEXT NOT NULL PRIMARY KEY REFERENCES orders (reference),
    seq       INTEGER NOT NULL,
    hash      TEXT NOT NULL,
    mac       TEXT NOT NULL
) STRICT;

CREATE TABLE ledger_head (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    entries INTEGER NOT NULL,
    mac     TEXT NOT NULL
) STRICT;

CREATE TABLE codes (
    reference  TEXT NOT NULL REFERENCES orders (reference),
    order_id   TEXT NOT NULL,
    item_index INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    item_id    TEXT NOT NULL,
    sealed     BLOB NOT NULL,
    digest     TEXT NOT NULL,
    PRIMARY KEY (order_id, item_index, position)
) STRICT;
CREATE INDEX codes_of_reference ON codes (reference, order_id, item_index, position);

CREATE TABLE switches (
    name   TEXT NOT NULL PRIMARY KEY,
    set_by TEXT NOT NULL,
    since  TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Nanoseconds since 1970.
CREATE TABLE budget (
    key_id     TEXT NOT NULL PRIMARY KEY,
    tat        INTEGER NOT NULL,
    held_until INTEGER NOT NULL
) STRICT;
