"""`python -m fmnist_bench` is the command line."""

import sys

from fmnist_bench.cli import main

sys.exit(main())
