"""A synthetic person with exactly known joints, rendered to video."""
