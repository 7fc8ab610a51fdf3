"""The pure core: records, ledger and reconciliation. No I/O, no clock, standard library only."""
