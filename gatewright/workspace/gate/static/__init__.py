"""Checks that read a change and run nothing of it."""
