"""Configured runs of the analysis: from files of predictions to a report, for one trial or for a cohort."""
