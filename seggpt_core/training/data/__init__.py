"""Training data: tar shards and folders in, samples for in-context colouring out."""
