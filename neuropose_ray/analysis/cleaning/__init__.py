"""Cleaning a motion before it is measured: doubtful samples out, short gaps closed, noise filtered."""
