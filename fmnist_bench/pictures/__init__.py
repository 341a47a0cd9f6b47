"""Pictures of data, runs and boards. matplotlib is imported where something is drawn."""
