"""Person ids over the frames of a video."""
