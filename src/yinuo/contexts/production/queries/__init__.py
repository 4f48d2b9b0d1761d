"""What others may ask production."""
