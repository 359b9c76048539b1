-- +goose Up
-- Work that one worker at a time does for all.
CREATE TABLE leases (
    name   TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    until  TEXT NOT NULL
) STRICT;

-- The balance desk's memory. probes were sent since probing_since without knowing that
-- the balance covers them; refused counts payments that were refused though it did.
CREATE TABLE desk (
    id            INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    asked_at      TEXT,
    looked_at     TEXT,
    stale         INTEGER NOT NULL,
    refused       INTEGER NOT NULL,
    probes        INTEGER NOT NULL,
    probing_since TEXT
) STRICT;

-- What FoxReload said last of the account's money.
CREATE TABLE balances (
    currency  TEXT NOT NULL PRIMARY KEY,
    available TEXT NOT NULL,
    seen_at   TEXT NOT NULL
) STRICT;

-- Who may ask FoxReload for a payment, and the money that is kept for that. kind is
-- money (the balance covers it), probe (nobody knows) or refused (it was refused in
-- spite of either). amount is NULL where the price is not known.
CREATE TABLE promises (
    reference  TEXT NOT NULL PRIMARY KEY REFERENCES orders (reference),
    kind       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    amount     TEXT,
    until      TEXT NOT NULL,
    settled_at TEXT
) STRICT;
