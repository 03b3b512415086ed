"""A run of a plan: steps, attempts, outputs and events."""
