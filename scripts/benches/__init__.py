"""What `./scripts/bench` can measure: one module per bench."""
