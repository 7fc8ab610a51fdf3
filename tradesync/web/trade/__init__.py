"""One trade's page, in parts: what it is, its chart, its books, its notes, why a number is so."""
