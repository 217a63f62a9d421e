"""Curation as a run: the numbers of every frame, near-duplicates over all streams, flags and idle intervals."""
