"""Worktrees, edits, the sandbox and the gate: the only room that touches files and processes."""
