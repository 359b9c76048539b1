-- +goose Up
-- Of the snapshot, for those who count: how many codes are missing, and the code of what
-- the order waits for.
ALTER TABLE orders ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN waits TEXT COLLATE "C";
CREATE INDEX orders_missing_codes ON orders (state, updated_at) WHERE missing > 0;

-- Since when the payment may have gone through without anybody knowing: the first of the
-- attempts of which that is so. begun_at is that of the latest. A trigger keeps it, so
-- that a worker of an earlier version does too.
ALTER TABLE payments ADD COLUMN doubt_since TEXT COLLATE "C";
UPDATE payments SET doubt_since = begun_at WHERE doubts > 0 AND voided_at IS NULL;

-- +goose StatementBegin
CREATE FUNCTION payment_doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.doubt_since := CASE WHEN NEW.doubts > 0 AND NEW.voided_at IS NULL THEN COALESCE(NEW.doubt_since, NEW.begun_at) END;
    RETURN NEW;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER payments_doubt BEFORE INSERT OR UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION payment_doubt();
