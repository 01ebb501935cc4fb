"""Who is in which course."""
