"""Pose models: frames in, people out."""
