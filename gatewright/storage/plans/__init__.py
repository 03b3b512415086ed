"""Runs of plans in the state database, their events and their locks."""
