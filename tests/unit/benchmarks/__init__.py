"""The built-in repair engine."""
