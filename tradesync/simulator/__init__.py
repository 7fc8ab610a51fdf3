"""The paper broker: an Alpaca-compatible server with books of its own."""
