"""The demo: a real clip, the masks of its first frame, and where the clip comes from."""
