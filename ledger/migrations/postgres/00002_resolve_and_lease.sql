-- +goose Up
-- How often a person had the create of a reference and replacement number sent
-- under a fresh idempotency key.
ALTER TABLE create_attempts ADD COLUMN fresh_keys BIGINT NOT NULL DEFAULT 0;

-- Until when the request of the latest attempt to pay may still be on its way:
-- nobody else sends one before that. NULL: none is.
ALTER TABLE payments ADD COLUMN in_flight_until TEXT COLLATE "C";
