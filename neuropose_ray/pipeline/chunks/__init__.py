"""A chunk's way through a worker: frames, poses, attempts, and the commit of its results."""
