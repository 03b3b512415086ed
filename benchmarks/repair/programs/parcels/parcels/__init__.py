"""Parcels from weighing to delivery."""
