"""Speed: how fast videos are processed on this machine, beside the bare model as the ceiling."""
