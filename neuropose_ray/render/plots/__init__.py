"""Plots on paper, of the same records that the report's page shows."""
