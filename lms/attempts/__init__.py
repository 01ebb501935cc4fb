"""Attempts: one learner at one assessment, from ready to submitted."""
