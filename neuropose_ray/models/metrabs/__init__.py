"""MeTRAbs, a TensorFlow SavedModel."""
