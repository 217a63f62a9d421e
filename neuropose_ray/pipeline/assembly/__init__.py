"""From committed chunks to a video's files, and to their copies in an object store."""
