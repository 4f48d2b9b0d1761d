"""What others may order of production."""
