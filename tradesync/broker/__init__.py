"""The port to a broker and its Alpaca adapter."""
