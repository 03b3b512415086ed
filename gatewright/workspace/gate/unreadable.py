"""The one error of reading what an untrusted command wrote."""


class Unreadable(Exception):
    """Why a file, or what is in it, cannot be read; for people."""
