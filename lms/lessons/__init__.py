"""Lessons of a course."""
