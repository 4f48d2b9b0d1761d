"""What others may ask orders."""
