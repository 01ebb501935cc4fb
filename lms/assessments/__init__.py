"""Assessments: what is asked, when, of whom, and how it counts."""
