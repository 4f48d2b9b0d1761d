"""What others may order of people."""
