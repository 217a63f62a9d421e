"""What a run keeps of itself: lease, manifest, progress, status, summary and metrics."""
