"""The overlay video: a copy of the video with skeletons, joint angles, measurements and a view in space.

``folder`` makes a video's overlay.mp4 where it is out of date, ``video`` writes it frame by frame. ``painter``
decides what is on a frame; ``drawing``, ``faces``, ``labels``, ``angles``, ``measurements`` and ``space`` draw it.
``heads`` finds the heads to hide, ``following`` turns the view in space with the person, and ``measure`` collects
what is written.
"""
