"""One module a kind of mistake; each proposes edits of one node."""
