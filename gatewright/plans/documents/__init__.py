"""Plan files as they are read: their model, what is wrong with one, and where."""
