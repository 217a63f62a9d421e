"""Repetitions and gait cycles: signals of a movement, their peaks and valleys, cycles laid on each other."""
