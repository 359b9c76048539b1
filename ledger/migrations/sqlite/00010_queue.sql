-- +goose Up
-- Orders whose workflow is not known to have started, in the order of placing. Without
-- claimed_until the order waits for its turn; else it has begun, and whoever claimed it
-- starts its workflow. A claim that is over is anybody's. input is what the workflow is
-- started with beside the request, and payer is whose money the order is paid with.
CREATE TABLE queue (
    number        INTEGER NOT NULL PRIMARY KEY,
    reference     TEXT NOT NULL UNIQUE REFERENCES orders (reference),
    payer         TEXT NOT NULL,
    input         TEXT NOT NULL,
    claimed_until TEXT
) STRICT;
CREATE INDEX queue_turns ON queue (payer, number) WHERE claimed_until IS NULL;
CREATE INDEX queue_claims ON queue (claimed_until) WHERE claimed_until IS NOT NULL;
