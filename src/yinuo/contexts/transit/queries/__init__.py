"""What others may ask transit."""
