-- Run once, by the PostgreSQL image, when the volume is empty: one role for each user
-- of the database, each able to do what it needs and no more. The passwords are those
-- of the password files that the same users get (HOST:PORT:DATABASE:ROLE:PASSWORD).
\set ON_ERROR_STOP on
\set temporal_password `cut -d: -f5 "$TEMPORAL_PASSFILE"`
\set owner_password `cut -d: -f5 "$OWNER_PASSFILE"`
\set app_password `cut -d: -f5 "$APP_PASSFILE"`

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

-- The owner migrates the ledger; workers and starter are the role foxflow, to which
-- "starter ledger migrate" grants what they need.
CREATE ROLE foxflow_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE foxflow LOGIN PASSWORD :'app_password';
CREATE DATABASE foxflow OWNER foxflow_owner;

-- Every role may connect to every database unless told otherwise.
REVOKE CONNECT, TEMPORARY ON DATABASE temporal, temporal_visibility, foxflow FROM PUBLIC;
GRANT CONNECT ON DATABASE foxflow TO foxflow;
