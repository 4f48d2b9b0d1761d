"""What others may order of transit."""
