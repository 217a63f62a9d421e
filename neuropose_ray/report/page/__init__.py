"""The report: one HTML file with the video, the skeleton, charts and tables, which needs no network."""
