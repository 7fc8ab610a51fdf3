-- An account may not state what it was worth at the last close: unknown, not what it is worth now.

ALTER TABLE account_states ALTER COLUMN last_equity DROP NOT NULL;
