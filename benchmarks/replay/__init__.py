"""Recorded outcomes of several models on the same tasks, replayed as an online stream."""
