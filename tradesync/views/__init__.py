"""Read models for pages, REST and command line: frozen rows computed from the record."""
