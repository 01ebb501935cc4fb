"""What happens later: one file a worker, one runner for all."""
