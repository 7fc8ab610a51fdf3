-- Facts, intents, decisions, conclusions and the journal (design: Four kinds of record).
-- Times are BIGINT nanoseconds UTC; money and quantities DECIMAL(38,12) with the raw text beside.

CREATE TABLE accounts (
    account_id VARCHAR PRIMARY KEY,
    account_number VARCHAR NOT NULL,
    environment VARCHAR NOT NULL,              -- simulated | paper | live
    revision BIGINT NOT NULL,                  -- bumped by every write of facts, intents, decisions
    history_phase VARCHAR NOT NULL,            -- orders | activities | complete
    history_from BIGINT,                       -- where the history read begins; NULL: not known yet
    history_cursor VARCHAR,                    -- how far the current phase got (JSON)
    history_progress INTEGER NOT NULL,         -- percent
    chain_reading VARCHAR,                     -- own | carried, once a chain has proved it
    orders_read_at BIGINT,                     -- start of the last complete read of recent orders
    activities_read_at BIGINT,                 -- start of the last complete activities read
    created_at BIGINT NOT NULL
);

CREATE TABLE account_names (                   -- a decision: which account a configured name means
    name VARCHAR PRIMARY KEY,
    account_id VARCHAR NOT NULL,
    bound_at BIGINT NOT NULL
);

CREATE TABLE instruments (
    account_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_id VARCHAR,
    asset_class VARCHAR NOT NULL,
    PRIMARY KEY (account_id, key)
);

CREATE TABLE orders (
    account_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    client_order_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_class VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    order_type VARCHAR NOT NULL,
    time_in_force VARCHAR NOT NULL,
    order_class VARCHAR NOT NULL,
    position_intent VARCHAR NOT NULL,
    qty DECIMAL(38,12),
    notional DECIMAL(38,12),
    filled_qty DECIMAL(38,12) NOT NULL,
    filled_avg_price DECIMAL(38,12),
    limit_price DECIMAL(38,12),
    stop_price DECIMAL(38,12),
    trail_price DECIMAL(38,12),
    trail_percent DECIMAL(38,12),
    extended_hours BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    submitted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    filled_at BIGINT,
    canceled_at BIGINT,
    expired_at BIGINT,
    failed_at BIGINT,
    replaced_at BIGINT,
    replaces VARCHAR,
    replaced_by VARCHAR,
    parent_id VARCHAR,
    group_id VARCHAR,
    group_role VARCHAR,
    read_at BIGINT NOT NULL,
    raw VARCHAR NOT NULL,
    not_found_count INTEGER NOT NULL DEFAULT 0, -- look-ups answered "not found" in a row
    PRIMARY KEY (account_id, order_id)
);

CREATE TABLE executions (
    account_id VARCHAR NOT NULL,
    execution_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    price DECIMAL(38,12) NOT NULL,
    "at" BIGINT NOT NULL,
    cum_qty DECIMAL(38,12) NOT NULL,
    raw VARCHAR NOT NULL,
    instrument VARCHAR,                        -- of its order; NULL until that order is stored
    PRIMARY KEY (account_id, execution_id)
);

CREATE TABLE activities (
    account_id VARCHAR NOT NULL,
    activity_id VARCHAR NOT NULL,
    activity_type VARCHAR NOT NULL,
    sub_type VARCHAR NOT NULL,
    day DATE NOT NULL,
    symbol VARCHAR,
    qty DECIMAL(38,12),
    price DECIMAL(38,12),
    net_amount DECIMAL(38,12),
    per_share_amount DECIMAL(38,12),
    group_id VARCHAR,
    order_id VARCHAR,
    status VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    created_at BIGINT,
    raw VARCHAR NOT NULL,
    PRIMARY KEY (account_id, activity_id)
);

CREATE TABLE fact_conflicts (                  -- the same identity came again with other data
    account_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    identity VARCHAR NOT NULL,
    raw VARCHAR NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, identity, raw)
);

CREATE TABLE unreadable_rows (
    account_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    identity VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    raw VARCHAR NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, identity)
);

CREATE TABLE coin_shortfalls (                 -- coin missing at a settled read: fee not booked yet
    account_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    observed_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, instrument)
);

CREATE TABLE account_states (
    account_id VARCHAR PRIMARY KEY,
    account_number VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    currency VARCHAR NOT NULL,
    cash DECIMAL(38,12) NOT NULL,
    equity DECIMAL(38,12) NOT NULL,
    last_equity DECIMAL(38,12) NOT NULL,
    buying_power DECIMAL(38,12),
    long_market_value DECIMAL(38,12) NOT NULL,
    short_market_value DECIMAL(38,12) NOT NULL,
    trading_blocked BOOLEAN NOT NULL,
    created_at BIGINT,
    balance_asof DATE,
    raw VARCHAR NOT NULL,
    read_at BIGINT NOT NULL
);

CREATE TABLE positions (
    account_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_id VARCHAR NOT NULL,
    asset_class VARCHAR NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    qty_available DECIMAL(38,12),
    avg_entry_price DECIMAL(38,12) NOT NULL,
    cost_basis DECIMAL(38,12),
    market_value DECIMAL(38,12),
    current_price DECIMAL(38,12),
    lastday_price DECIMAL(38,12),
    change_today DECIMAL(38,12),
    unrealized_pl DECIMAL(38,12),
    unrealized_plpc DECIMAL(38,12),
    unrealized_intraday_pl DECIMAL(38,12),
    unrealized_intraday_plpc DECIMAL(38,12),
    raw VARCHAR NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, instrument)
);

CREATE TABLE marks (
    account_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    price DECIMAL(38,12) NOT NULL,
    price_at BIGINT NOT NULL,                  -- when it was read
    session VARCHAR NOT NULL,                  -- regular | pre | after | closed | continuous
    PRIMARY KEY (account_id, instrument)
);

CREATE TABLE equity_points (
    account_id VARCHAR NOT NULL,
    timeframe VARCHAR NOT NULL,                -- 1D | 15Min …
    "at" BIGINT NOT NULL,
    equity DECIMAL(38,12) NOT NULL,
    profit_loss DECIMAL(38,12),
    PRIMARY KEY (account_id, timeframe, "at")
);

CREATE TABLE market_days (
    environment VARCHAR NOT NULL,
    day DATE NOT NULL,
    opens_at BIGINT NOT NULL,
    closes_at BIGINT NOT NULL,
    PRIMARY KEY (environment, day)
);

CREATE TABLE intents (
    account_id VARCHAR NOT NULL,
    intent_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    client_order_id VARCHAR,
    trade_id VARCHAR,
    order_id VARCHAR,
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_class VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    position_intent VARCHAR NOT NULL,
    qty DECIMAL(38,12),
    notional DECIMAL(38,12),
    order_type VARCHAR NOT NULL,
    time_in_force VARCHAR NOT NULL,
    limit_price DECIMAL(38,12),
    stop_price DECIMAL(38,12),
    extended_hours BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    settled_at BIGINT,
    broker_order_id VARCHAR,
    not_found_count INTEGER NOT NULL,
    message VARCHAR NOT NULL,
    PRIMARY KEY (account_id, intent_id)
);

CREATE TABLE opening_balances (
    account_id VARCHAR NOT NULL,
    decision_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_class VARCHAR NOT NULL,
    observed_at BIGINT NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    avg_price DECIMAL(38,12) NOT NULL,
    price_override DECIMAL(38,12),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, decision_id)
);

CREATE TABLE trade_notes (
    account_id VARCHAR NOT NULL,
    trade_id VARCHAR NOT NULL,
    notes VARCHAR NOT NULL,
    tags VARCHAR[] NOT NULL,
    noted_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, trade_id)
);

CREATE TABLE trade_rows (
    account_id VARCHAR NOT NULL,
    trade_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    asset_id VARCHAR,
    asset_class VARCHAR NOT NULL,
    multiplier INTEGER NOT NULL,
    side VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    close_reason VARCHAR,
    source VARCHAR NOT NULL,
    ordered_qty DECIMAL(38,12),
    qty DECIMAL(38,12) NOT NULL,
    open_qty DECIMAL(38,12) NOT NULL,
    cost DECIMAL(38,12) NOT NULL,
    open_cost DECIMAL(38,12) NOT NULL,
    exit_value DECIMAL(38,12),
    realized_pnl DECIMAL(38,12),
    fees DECIMAL(38,12) NOT NULL,
    entry_price DECIMAL(38,12),
    exit_price DECIMAL(38,12),
    broker_fill_price DECIMAL(38,12),
    broker_order_id VARCHAR,
    client_order_id VARCHAR,
    order_status VARCHAR,
    ordered_at BIGINT NOT NULL,
    opened_at BIGINT,
    closed_at BIGINT,
    flags VARCHAR[] NOT NULL,
    updated_at BIGINT NOT NULL,                -- journal: when the row last changed here
    PRIMARY KEY (account_id, trade_id)
);

CREATE TABLE lots (
    account_id VARCHAR NOT NULL,
    lot_id VARCHAR NOT NULL,
    trade_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    source_kind VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    opened_at BIGINT NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    cost DECIMAL(38,12) NOT NULL,
    open_qty DECIMAL(38,12) NOT NULL,
    open_cost DECIMAL(38,12) NOT NULL,
    basis_known BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, lot_id)
);

CREATE TABLE allocations (
    account_id VARCHAR NOT NULL,
    allocation_id VARCHAR NOT NULL,
    lot_id VARCHAR NOT NULL,
    trade_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    source_kind VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    order_id VARCHAR,
    "at" BIGINT NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    cost DECIMAL(38,12) NOT NULL,
    value DECIMAL(38,12),
    realized_pnl DECIMAL(38,12),
    is_fee BOOLEAN NOT NULL,
    overflow BOOLEAN NOT NULL,
    PRIMARY KEY (account_id, allocation_id)
);

CREATE TABLE provisional_executions (
    account_id VARCHAR NOT NULL,
    execution_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    price DECIMAL(38,12) NOT NULL,
    "at" BIGINT NOT NULL,
    cum_qty DECIMAL(38,12) NOT NULL,
    raw VARCHAR NOT NULL,
    provisional BOOLEAN NOT NULL,
    price_is_average BOOLEAN NOT NULL,
    instrument VARCHAR NOT NULL,
    PRIMARY KEY (account_id, execution_id)
);

CREATE TABLE unmatched_exits (
    account_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    order_id VARCHAR,
    instrument VARCHAR NOT NULL,
    symbol VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    price DECIMAL(38,12),
    "at" BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    PRIMARY KEY (account_id, source_id)
);

CREATE TABLE working_exits (
    account_id VARCHAR NOT NULL,
    order_id VARCHAR NOT NULL,
    trade_id VARCHAR,
    instrument VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    qty DECIMAL(38,12) NOT NULL,
    PRIMARY KEY (account_id, order_id)
);

CREATE TABLE reviews (
    account_id VARCHAR NOT NULL,
    review_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (account_id, review_id)
);

CREATE TABLE drift (
    account_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,                     -- quantity | not_at_broker | untracked
    symbol VARCHAR NOT NULL,
    our_qty DECIMAL(38,12) NOT NULL,
    broker_qty DECIMAL(38,12) NOT NULL,
    opened_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    closed_at BIGINT,                          -- NULL while it lasts
    PRIMARY KEY (account_id, instrument, kind, opened_at)
);

CREATE TABLE sync_runs (
    run_id VARCHAR PRIMARY KEY,
    account_id VARCHAR,
    account_name VARCHAR NOT NULL,
    trigger VARCHAR NOT NULL,                  -- interval | manual | api | command | start | cli
    program VARCHAR NOT NULL,                  -- dashboard | service | cli
    started_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    calls INTEGER NOT NULL,
    facts_added INTEGER NOT NULL,
    trades_added INTEGER NOT NULL,
    trades_changed INTEGER NOT NULL,
    error VARCHAR,                             -- one sentence; NULL when all went well
    request_id VARCHAR                         -- the broker's X-Request-ID of a failed call
);

CREATE SEQUENCE trade_event_ids;

CREATE TABLE trade_events (
    event_id BIGINT PRIMARY KEY DEFAULT nextval('trade_event_ids'),
    account_id VARCHAR NOT NULL,
    trade_id VARCHAR NOT NULL,
    "at" BIGINT NOT NULL,
    field VARCHAR NOT NULL,
    old VARCHAR,
    new VARCHAR,
    run_id VARCHAR NOT NULL
);

CREATE VIEW trades AS                          -- the ratio alone is DOUBLE: it is for display
SELECT *, CAST(floating_pnl AS DOUBLE) / nullif(CAST(open_cost AS DOUBLE), 0) AS floating_pnl_pct
FROM (
SELECT
    t.account_id AS account,
    t.trade_id,
    t.instrument,
    t.symbol,
    t.asset_id,
    t.asset_class,
    t.multiplier,
    t.side,
    t.ordered_qty,
    t.qty,
    t.open_qty,
    t.entry_price,
    t.broker_fill_price,
    t.exit_price,
    CASE WHEN t.status = 'open' THEN m.price END AS current_price,
    CASE WHEN t.status = 'open' THEN m.price_at END AS price_at,
    CASE WHEN t.status = 'open' THEN m.session END AS price_session,
    CASE WHEN t.status = 'open' AND d.kind IS NULL THEN
        CAST(m.price * t.open_qty AS DECIMAL(38,12)) * t.multiplier
        * CASE t.side WHEN 'short' THEN -1 ELSE 1 END
    END AS market_value,
    CASE WHEN t.status = 'open' AND d.kind IS NULL THEN
        (CAST(m.price * t.open_qty AS DECIMAL(38,12)) * t.multiplier - t.open_cost)
        * CASE t.side WHEN 'short' THEN -1 ELSE 1 END
    END AS floating_pnl,
    t.cost,
    t.open_cost,
    t.realized_pnl,
    t.fees,
    t.status,
    t.close_reason,
    t.source,
    t.broker_order_id,
    t.client_order_id,
    t.order_status,
    t.ordered_at,
    t.opened_at,
    t.closed_at,
    t.updated_at,
    t.flags,
    d.kind IS NOT NULL AS not_at_broker,
    coalesce(n.notes, '') AS notes,
    coalesce(n.tags, []) AS tags
FROM trade_rows t
LEFT JOIN marks m ON m.account_id = t.account_id AND m.instrument = t.instrument
LEFT JOIN drift d ON d.account_id = t.account_id AND d.instrument = t.instrument
    AND d.kind = 'not_at_broker' AND d.closed_at IS NULL AND t.status = 'open'
LEFT JOIN trade_notes n ON n.account_id = t.account_id AND n.trade_id = t.trade_id
);
