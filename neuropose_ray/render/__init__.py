"""Pictures: the overlay video, plots on paper, and the page of the report."""
