"""What the steps of a workflow do."""
