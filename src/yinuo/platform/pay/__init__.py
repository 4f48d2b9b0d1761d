"""Payment providers: one port, and those who stand behind it."""
