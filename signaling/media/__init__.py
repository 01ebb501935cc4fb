"""Negotiation between browsers and SFU nodes."""
