"""The nodes of the plan graph: a plan file is loaded, checked, approved, run and reported."""
