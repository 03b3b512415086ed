"""The model router: who may answer, and why."""
