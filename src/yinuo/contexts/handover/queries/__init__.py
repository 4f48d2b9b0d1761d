"""What others may ask the hand-over and a centre."""
