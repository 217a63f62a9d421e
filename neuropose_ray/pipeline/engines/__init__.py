"""Who calls the chunk function: threads here, or Ray."""
