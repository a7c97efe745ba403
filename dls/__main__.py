"""`python -m dls`: the command line."""

import sys

from dls.cli import main

if __name__ == "__main__":
    sys.exit(main())
