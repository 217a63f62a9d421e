"""Numbers per repetition: duration, range, speed, smoothness, symmetry, tempo."""
