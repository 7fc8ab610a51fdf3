"""The pure core: records, ledger and reconciliation. No I/O, no clock, standard library only.

To read in this order; the numbers are the rules of design.md, *Four kinds of record*.

*Records.* facts.py what the broker states; ours.py intents and decisions; conclusions.py what
follows from them. money.py, times.py, instruments.py, symbols.py, options.py, identity.py: exact
numbers (2), instants, names of instruments (10), ids of trades. freshness.py: the later of two
snapshots of an order (10). plausibility.py: a positions reply that contradicts the account (3).

*The ledger*, from records to conclusions; ledger.py runs it:

- Orders. chains.py replacements and groups as one instruction, and when it has ended (6, 7);
  provisional.py fills that orders state before they are listed (1); amendments.py busts and
  corrections (11); roles.py opening or closing, and which trade an exit closes (8, 9);
  sequence.py and plans.py the total order of fills (10).
- Dated rows. activities.py reads them; corporate.py places splits; exchanges.py mergers, spin-offs
  and new names; coin_fees.py and day_fees.py fees; money_rows.py what mere money is for (all 11).
- Decisions. opening.py imported balances; resolutions.py settled differences (4: at no price).
- Books. desks.py brings all that happens to one instrument (events.py) into one order; booking.py
  folds it into lots and allocations, first in, first out (9); continuation.py goes on from stored
  books instead, to the same rows.
- Trades. standing.py which orders begin one; sums.py, closings.py and trades.py what its row says,
  unknown figures as unknown (4).
- For a person, and blocking nothing (5): reviews.py, conflicts.py, findings.py; unreadable rows
  are set aside where replies are parsed, in broker/.

*Beside it.* reconcile.py trades against positions: differences that settle and drift (3);
explain.py why they differ; import_plan.py what an import would do; undoing.py taking a decision
back; proof.py the books against the broker's, day by day; why.py where a figure came from;
what_if.py other lot methods; changes.py what changed, in words; sessions.py whose price it is;
syncing.py and tickets.py what the programs tell each other.
"""
