"""What the router is told and asked outside of a run."""
