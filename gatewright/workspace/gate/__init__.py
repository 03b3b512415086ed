"""The quality gate: a commit's checks, compared with the same checks on its base."""
