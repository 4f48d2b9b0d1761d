"""What others may order of orders."""
