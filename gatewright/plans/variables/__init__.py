"""Variables of a plan: bound to values, and filled in where that is safe."""
