"""The floor plan: state, context, edges and the graphs."""
