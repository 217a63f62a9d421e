"""What has to be done: each input's plan, its chunks and their keys, and what is finished already."""
