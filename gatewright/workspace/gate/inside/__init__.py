"""What runs inside the sandbox, under the Python of the repository; shown there read-only."""
