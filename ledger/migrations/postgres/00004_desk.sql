-- +goose Up
-- Work that one worker at a time does for all.
CREATE TABLE leases (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  TEXT COLLATE "C" NOT NULL
);

-- The balance desk's memory. probes were sent since probing_since without knowing that
-- the balance covers them; refused counts payments that were refused though it did.
CREATE TABLE desk (
    id            BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    asked_at      TEXT COLLATE "C",
    looked_at     TEXT COLLATE "C",
    stale         BIGINT NOT NULL,
    refused       BIGINT NOT NULL,
    probes        BIGINT NOT NULL,
    probing_since TEXT COLLATE "C"
);

-- What FoxReload said last of the account's money.
CREATE TABLE balances (
    currency  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    available TEXT COLLATE "C" NOT NULL,
    seen_at   TEXT COLLATE "C" NOT NULL
);

-- Who may ask FoxReload for a payment, and the money that is kept for that. kind is
-- money (the balance covers it), probe (nobody knows) or refused (it was refused in
-- spite of either). amount is NULL where the price is not known.
CREATE TABLE promises (
    reference  TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES orders (reference),
    kind       TEXT COLLATE "C" NOT NULL,
    currency   TEXT COLLATE "C" NOT NULL,
    amount     TEXT COLLATE "C",
    until      TEXT COLLATE "C" NOT NULL,
    settled_at TEXT COLLATE "C"
);
