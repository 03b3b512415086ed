"""Plans and their runs, put together: the store, the launcher, the graph and the sidecar."""
