"""Protobuf: the registry's answer and the data verdict, side by side; they share parsed schemas and nothing else."""
