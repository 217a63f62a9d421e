"""Data sets of pictures and the people in them, out of the videos of a run.

``writing`` exports a run in any of the kinds; ``source`` chooses the frames and makes their labels, ``split`` keeps
what belongs together on one side; each kind, and each program in which people correct labels, has a module.
"""
