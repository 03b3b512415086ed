"""Environments of repositories: found, made from what they declare, or clean."""
