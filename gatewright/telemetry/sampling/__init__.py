"""What the machine is doing while runs are under way."""
