"""Who hears and sees whom: decisions, not packets."""
