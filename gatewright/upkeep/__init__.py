"""What is left over, and taking it away."""
