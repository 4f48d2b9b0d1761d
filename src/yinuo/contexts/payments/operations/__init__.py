"""Orders that others may give to the money context."""
