"""From poses to numbers: cleaning, angles, segmentation, gait, comparison; pure functions of arrays."""
