"""Dynamic time warping: exact by compiled kernels, distances with paths, and matrices over many trials."""
