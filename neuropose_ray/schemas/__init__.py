"""File formats and the types that every room shares."""
