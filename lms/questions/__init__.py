"""The question bank: versioned items of every kind."""
