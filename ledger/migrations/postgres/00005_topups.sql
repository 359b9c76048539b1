-- +goose Up
-- Requests for a crypto top-up. sent_at is written before the one request goes out;
-- NULL: surely none has. answer, refusal and snapshot are sealed. balances is what the
-- account held at the last look, risen what it had grown by when it first had.
CREATE TABLE topups (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    amount     TEXT COLLATE "C" NOT NULL,
    currency   TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL,
    snapshot   BYTEA NOT NULL,
    sent_at    TEXT COLLATE "C",
    answer     BYTEA,
    refusal    BYTEA,
    balances   TEXT COLLATE "C",
    risen      TEXT COLLATE "C",
    started_at TEXT COLLATE "C" NOT NULL,
    updated_at TEXT COLLATE "C" NOT NULL
);

-- What external payment providers answered to a pay, sealed, in the order in which it came.
CREATE TABLE payment_answers (
    order_id  TEXT COLLATE "C" NOT NULL REFERENCES payments (order_id),
    number    BIGINT NOT NULL,
    reference TEXT COLLATE "C" NOT NULL REFERENCES orders (reference),
    sealed    BYTEA NOT NULL,
    at        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (order_id, number)
);
