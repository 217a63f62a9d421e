"""What clients meet: routes, uploads, limits, tokens."""
