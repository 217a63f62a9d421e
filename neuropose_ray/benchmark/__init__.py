"""How fast videos are processed here, and how fast they could be at most."""
