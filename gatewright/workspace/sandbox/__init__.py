"""Sandboxes: how untrusted code is run, confined and cleared away."""
