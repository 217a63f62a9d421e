"""What a report shows of one video's results, collected from its predictions and its analysis.

``content`` collects all of it: the person, the movement, curves of angles, the quality of the poses, where the
numbers come from, warnings, and the comparison with another trial, a module each.
"""
