"""Ways to run the jobs of a sweep, chosen with `hydra/launcher=`."""
