"""Files of other tools: written from predictions, and some of them read."""
