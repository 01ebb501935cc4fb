"""The content factory: briefs in, reviewed items out; no learner ever waits for it."""
