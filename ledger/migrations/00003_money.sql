-- +goose Up
-- The payments of a day, for the daily limit.
CREATE INDEX payments_by_day ON payments (begun_at);

-- What FoxReload's catalogue said of a product, for all workers. answer is NULL while
-- it is being asked, and empty where it could not say.
CREATE TABLE products (
    id       TEXT NOT NULL PRIMARY KEY,
    asked_at TEXT NOT NULL,
    answer   TEXT
) STRICT;
