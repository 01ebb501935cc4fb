"""The forwarding kernel: obeys a table, decides nothing."""
