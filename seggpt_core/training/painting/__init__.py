"""Plans become batches on the device that learns from them, many clips at once, with PyTorch.

`packed` turns plans into tensors, which processes of their own can do; `textures`, `compose` and `record` paint them.
"""
