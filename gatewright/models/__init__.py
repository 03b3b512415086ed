"""The way to a model: one thin chat model over LiteLLM."""
