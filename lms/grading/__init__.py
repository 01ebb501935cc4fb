"""Grades: scored, marked, regraded, released, and gathered in the gradebook."""
