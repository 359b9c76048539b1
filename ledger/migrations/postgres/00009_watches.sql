-- +goose Up
-- Orders that are looked at until there is news: each is an activity that Temporal waits
-- for. input is sealed. looks counts those that showed nothing new, failures those that
-- failed in a row; status is what was seen last.
CREATE TABLE watches (
    reference  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES orders (reference),
    order_id   TEXT COLLATE "C" NOT NULL,
    step       BIGINT NOT NULL,
    token      BYTEA NOT NULL,
    input      BYTEA NOT NULL,
    since      TEXT COLLATE "C" NOT NULL,
    next_at    TEXT COLLATE "C" NOT NULL,
    looked_at  TEXT COLLATE "C",
    looks      BIGINT NOT NULL DEFAULT 0,
    failures   BIGINT NOT NULL DEFAULT 0,
    status     TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX watches_due ON watches (next_at);
CREATE INDEX watches_of_order ON watches (order_id);

-- How long orders of a product took lately from their payment to their end: milliseconds,
-- the latest last.
CREATE TABLE deliveries (
    product    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    took       TEXT COLLATE "C" NOT NULL,
    updated_at TEXT COLLATE "C" NOT NULL
);
