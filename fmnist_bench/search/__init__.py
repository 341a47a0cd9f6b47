"""Searching for a recipe: trials judged on validation images alone."""
