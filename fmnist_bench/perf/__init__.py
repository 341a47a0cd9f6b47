"""Speed measured side by side: `scripts/perf`. Not part of a run, and never of a test."""
