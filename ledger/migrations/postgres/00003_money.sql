-- +goose Up
-- The payments of a day, for the daily limit.
CREATE INDEX payments_by_day ON payments (begun_at);

-- How many attempts to pay the order may have gone through, for all that is known.
ALTER TABLE payments ADD COLUMN doubts BIGINT NOT NULL DEFAULT 0;

-- What FoxReload's catalogue said of a product, for all workers. answer is NULL while
-- it is being asked, and empty where it could not say.
CREATE TABLE products (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    asked_at TEXT COLLATE "C" NOT NULL,
    answer   TEXT COLLATE "C"
);
