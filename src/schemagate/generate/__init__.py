"""What code follows from a schema? Shapes in the middle, sources and targets around them. Pure: texts in, texts out."""
