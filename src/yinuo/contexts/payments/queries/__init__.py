"""What others may ask of the money context."""
