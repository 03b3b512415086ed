"""The sidecar: what every node cost, in DuckDB."""
