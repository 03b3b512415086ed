"""Gatewright: from an engineering task to a change that has passed its gate."""
