"""The ledger, the journal of answers and the checkpoints."""
