-- How far lists of orders were read is noted, no longer taken from the orders that are stored.

UPDATE accounts SET orders_read_at = coalesce(
    (SELECT max(submitted_at) FROM orders o WHERE o.account_id = accounts.account_id),
    history_from
)
WHERE history_phase = 'complete';
