"""What a step of a plan costs: ours and others', by the same shapes, in turns."""
