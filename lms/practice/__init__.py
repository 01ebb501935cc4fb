"""Lessons of the tutor: items for one learner, checked at once."""
