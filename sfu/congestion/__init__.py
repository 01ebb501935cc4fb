"""How much each browser can take."""
