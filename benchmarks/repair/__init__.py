"""Programs of our own with seeded bugs, and what the repair engine makes of them."""
