"""May a rollout take its next step? Pure decisions over facts."""
