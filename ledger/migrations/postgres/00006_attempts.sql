-- +goose Up
-- Which attempt to pay was the latest, and what is known of its request. landing: 0 it is
-- about to leave or on its way, 1 it left and what came of it is not known, 2 it surely was
-- not carried out.
ALTER TABLE payments ADD COLUMN attempt TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN landing BIGINT NOT NULL DEFAULT 0;
CREATE INDEX payments_of_reference ON payments (reference);

-- Which attempt wrote sent_at.
ALTER TABLE topups ADD COLUMN attempt TEXT COLLATE "C";

-- The step of its run at which an entry was written; 0: it has none.
ALTER TABLE audit ADD COLUMN step BIGINT NOT NULL DEFAULT 0;

-- The same answer again and again, of an order.
CREATE TABLE streaks (
    reference TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES orders (reference),
    code      TEXT COLLATE "C" NOT NULL,
    times     BIGINT NOT NULL,
    since     TEXT COLLATE "C" NOT NULL,
    last      TEXT COLLATE "C" NOT NULL
);
