"""What the launcher says when it cannot go on."""


class LauncherError(Exception):
    """No database can be offered; the text is one sentence that says what to do about it."""
