"""What the users see when something is wrong."""
