-- Decisions about drift (design: Four kinds of record). One taken back stays on record.

CREATE TABLE resolutions (
    account_id VARCHAR NOT NULL,
    decision_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,                     -- close | split | transfer | ignore
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_class VARCHAR NOT NULL,
    observed_at BIGINT NOT NULL,               -- the broker's clock
    our_qty DECIMAL(38,12) NOT NULL,
    broker_qty DECIMAL(38,12) NOT NULL,
    price DECIMAL(38,12),                      -- NULL: nobody knows it
    until DATE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,                         -- NULL while it stands
    PRIMARY KEY (account_id, decision_id)
);
