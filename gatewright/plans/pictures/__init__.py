"""Pictures of a plan and its states."""
