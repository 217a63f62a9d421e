"""Numbers of single frames and of neighbouring ones, each with a name and a version, and who measures them."""
