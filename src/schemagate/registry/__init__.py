"""How does one speak with a Confluent-compatible registry? `wire` holds the words, `client` says them over HTTP."""
