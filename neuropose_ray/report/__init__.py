"""One video's results gathered into what its report shows, and the report's file."""
