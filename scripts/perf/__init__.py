"""Speed measured side by side: `scripts/perf/run`. Not part of a run, and never of a test."""
