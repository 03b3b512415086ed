"""The sandboxes, real ones, tried with what untrusted code might do."""
