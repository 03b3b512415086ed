"""The plan engine: plan documents, their validation, the schedule of a run, and running it."""
