"""What a sidecar costs a graph: ours and others', measured by the same code."""
