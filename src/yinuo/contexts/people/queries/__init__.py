"""What others may ask people."""
