"""The commands `gatewright plan ...`."""
