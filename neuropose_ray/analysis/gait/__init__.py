"""Gait: heel strikes, toe-offs and what they measure, in any walking direction."""
