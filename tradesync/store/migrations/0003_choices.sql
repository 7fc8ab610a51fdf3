-- What a person chose on the Settings page. Names are those of the configuration, not account ids:
-- an account can be switched off before its first sync.

CREATE TABLE account_switches (                -- no row: active
    name VARCHAR PRIMARY KEY,
    active BOOLEAN NOT NULL,
    set_at BIGINT NOT NULL
);

CREATE TABLE preferences (                     -- the interval of syncs, how screens look
    key VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL,
    set_at BIGINT NOT NULL
);
