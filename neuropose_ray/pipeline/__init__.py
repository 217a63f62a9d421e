"""The way of a video: plan, process chunk, commit, assemble."""
