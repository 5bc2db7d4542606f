"""Other ways to decode a video file: libraries that are imported when they are asked for, on the CPU or a GPU."""
