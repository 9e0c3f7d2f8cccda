"""Can this reader read what that writer wrote? Pure; one engine per format and verdict."""
