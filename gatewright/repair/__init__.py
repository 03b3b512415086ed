"""The built-in repair engine: localise, mutate, search."""
