"""What does this repository hold at this commit? The edge to files and git."""
