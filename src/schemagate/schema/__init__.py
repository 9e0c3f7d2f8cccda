"""What a schema and an event are: texts in, frozen values out. Pure, no I/O."""
