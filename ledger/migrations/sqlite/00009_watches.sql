-- +goose Up
-- Orders that are looked at until there is news: each is an activity that Temporal waits
-- for. input is sealed. looks counts those that showed nothing new, failures those that
-- failed in a row; status is what was seen last.
CREATE TABLE watches (
    reference  TEXT NOT NULL PRIMARY KEY REFERENCES orders (reference),
    order_id   TEXT NOT NULL,
    step       INTEGER NOT NULL,
    token      BLOB NOT NULL,
    input      BLOB NOT NULL,
    since      TEXT NOT NULL,
    next_at    TEXT NOT NULL,
    looked_at  TEXT,
    looks      INTEGER NOT NULL DEFAULT 0,
    failures   INTEGER NOT NULL DEFAULT 0,
    status     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX watches_due ON watches (next_at);
CREATE INDEX watches_of_order ON watches (order_id);

-- How long orders of a product took lately from their payment to their end: milliseconds,
-- the latest last.
CREATE TABLE deliveries (
    product    TEXT NOT NULL PRIMARY KEY,
    took       TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
