"""The overlay video: poses and what was measured, drawn into a copy of the video."""
