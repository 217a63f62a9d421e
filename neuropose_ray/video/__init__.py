"""Reading and writing video: probing, chunk planning, decoding, image folders."""
