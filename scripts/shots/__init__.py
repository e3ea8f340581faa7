"""Pictures of every screen for the README: see `scripts/screens`."""
