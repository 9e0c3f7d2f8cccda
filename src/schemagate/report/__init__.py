"""How does an answer look: as text, as JSON, as annotations? Pure: results in, texts out."""
