"""The vocabulary: records, errors and ports; imports nothing of ours."""
