"""Accounts with an agreed overdraft."""
