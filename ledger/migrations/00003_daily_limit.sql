-- +goose Up
-- The payments of a day, for the daily limit.
CREATE INDEX payments_by_day ON payments (begun_at);
