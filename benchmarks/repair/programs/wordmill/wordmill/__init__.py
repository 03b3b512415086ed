"""A small search engine for texts."""
