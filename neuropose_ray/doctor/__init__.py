"""Checks of this machine: whether it can do the work, and what to do where it cannot."""
