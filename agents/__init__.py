"""One file a role: an answer's schema and one async function over a model."""
