"""Pictures: the overlay video."""
