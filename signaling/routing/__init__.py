"""Which class lives on which node."""
