"""Training of the depth prior: motion capture and made movements, seen by virtual cameras and by a pose network."""
