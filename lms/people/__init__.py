"""The people of a school."""
