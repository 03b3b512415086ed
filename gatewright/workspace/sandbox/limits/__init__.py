"""What one command may use: resource limits of processes, and control groups."""
