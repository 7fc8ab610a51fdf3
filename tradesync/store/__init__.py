"""The record on disk: one DuckDB file, several processes. The only place with SQL."""
