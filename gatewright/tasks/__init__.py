"""Running tasks, and what becomes of them."""
