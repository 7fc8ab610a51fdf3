"""The routes Alpaca's Trading API v2 has, over the paper broker's books."""
