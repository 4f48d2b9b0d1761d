"""What others may ask of cars that stand somewhere."""
