"""The live class."""
