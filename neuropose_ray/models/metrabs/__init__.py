"""MeTRAbs (Sarandi et al. 2021, 2023): absolute 3D poses of several people by a TensorFlow SavedModel."""
