-- An import taken back stays on record, like a decision about drift.

ALTER TABLE opening_balances ADD COLUMN revoked_at BIGINT;    -- NULL while it stands
