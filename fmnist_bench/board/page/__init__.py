"""The board as one self-contained HTML page."""
