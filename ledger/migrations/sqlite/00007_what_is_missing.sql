-- +goose Up
-- Of the snapshot, for those who count: how many codes are missing, and the code of what
-- the order waits for.
ALTER TABLE orders ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN waits TEXT;
CREATE INDEX orders_missing_codes ON orders (state, updated_at) WHERE missing > 0;

-- Since when the payment may have gone through without anybody knowing: the first of the
-- attempts of which that is so. begun_at is that of the latest. A trigger keeps it, so
-- that a worker of an earlier version does too.
ALTER TABLE payments ADD COLUMN doubt_since TEXT;
UPDATE payments SET doubt_since = begun_at WHERE doubts > 0 AND voided_at IS NULL;

-- +goose StatementBegin
CREATE TRIGGER payments_doubt_begins AFTER INSERT ON payments
BEGIN
    UPDATE payments SET doubt_since = CASE WHEN doubts > 0 AND voided_at IS NULL THEN COALESCE(doubt_since, begun_at) END
    WHERE order_id = NEW.order_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER payments_doubt_changes AFTER UPDATE OF doubts, voided_at ON payments
BEGIN
    UPDATE payments SET doubt_since = CASE WHEN doubts > 0 AND voided_at IS NULL THEN COALESCE(doubt_since, begun_at) END
    WHERE order_id = NEW.order_id;
END;
-- +goose StatementEnd
