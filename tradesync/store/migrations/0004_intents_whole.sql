-- What an order of ours asked for besides its own prices: its class, trail and exits.

ALTER TABLE intents ADD COLUMN order_class VARCHAR DEFAULT '';
ALTER TABLE intents ADD COLUMN trail_price DECIMAL(38,12);
ALTER TABLE intents ADD COLUMN trail_percent DECIMAL(38,12);
ALTER TABLE intents ADD COLUMN take_profit DECIMAL(38,12);
ALTER TABLE intents ADD COLUMN stop_loss DECIMAL(38,12);
ALTER TABLE intents ADD COLUMN stop_loss_limit DECIMAL(38,12);
