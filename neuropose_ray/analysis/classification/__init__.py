"""Which movement a trial shows, with cross-validation that never tests on a person it has learnt from."""
