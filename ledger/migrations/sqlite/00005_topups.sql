-- +goose Up
-- Requests for a crypto top-up. sent_at is written before the one request goes out;
-- NULL: surely none has. answer, refusal and snapshot are sealed. balances is what the
-- account held at the last look, risen what it had grown by when it first had.
CREATE TABLE topups (
    id         TEXT NOT NULL PRIMARY KEY,
    amount     TEXT NOT NULL,
    currency   TEXT NOT NULL,
    state      TEXT NOT NULL,
    snapshot   BLOB NOT NULL,
    sent_at    TEXT,
    answer     BLOB,
    refusal    BLOB,
    balances   TEXT,
    risen      TEXT,
    started_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

-- What external payment providers answered to a pay, sealed, in the order in which it came.
CREATE TABLE payment_answers (
    order_id  TEXT NOT NULL REFERENCES payments (order_id),
    number    INTEGER NOT NULL,
    reference TEXT NOT NULL REFERENCES orders (reference),
    sealed    BLOB NOT NULL,
    at        TEXT NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT;
