"""JSON Schema: two engines that share parsed schemas and nothing else."""
