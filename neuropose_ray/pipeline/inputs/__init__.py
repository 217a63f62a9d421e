"""What a run is given: inputs as users write them, found videos, cameras, and signatures of files."""
