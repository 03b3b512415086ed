"""What may start, and when: a pure schedule, and a loop that walks over it."""
