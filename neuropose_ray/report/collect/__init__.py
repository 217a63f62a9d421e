"""What a report shows of one video's results, collected from its predictions."""
