"""The invented maker 云帆: its reference data, its orders, and the story that is played on it."""
