"""The pose deployment: one model in memory for requests and for the chunks of jobs."""
