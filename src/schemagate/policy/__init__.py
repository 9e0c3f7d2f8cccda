"""Does an event keep the rules of the house? One function per rule; `lint.lint` asks them all."""
