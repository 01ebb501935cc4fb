"""Connections to the outside stores; no table is named here."""
