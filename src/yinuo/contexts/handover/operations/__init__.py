"""What others may order of the hand-over and of a centre."""
