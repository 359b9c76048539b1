-- +goose Up
-- The step at which a top-up's state was put on record; 0: none was yet.
ALTER TABLE topups ADD COLUMN step BIGINT NOT NULL DEFAULT 0;
