"""A skeleton of constant bones fitted to a track's whole sequence."""
