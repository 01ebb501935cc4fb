"""One browser's 5-tuple."""
