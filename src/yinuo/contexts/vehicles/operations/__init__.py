"""What others may order of cars that stand somewhere."""
