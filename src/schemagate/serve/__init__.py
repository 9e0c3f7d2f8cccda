"""The embedded registry: `subjects` and `settings` decide (pure), `store` remembers, `app` speaks HTTP."""
