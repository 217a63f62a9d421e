"""The body as masses: its centre, how that moves, its energies, and when nothing of it touches the floor."""
