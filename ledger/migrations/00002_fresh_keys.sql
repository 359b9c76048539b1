-- +goose Up
-- How often a person had the create of a reference and replacement number sent
-- under a fresh idempotency key.
ALTER TABLE create_attempts ADD COLUMN fresh_keys INTEGER NOT NULL DEFAULT 0;
