"""``python -m credbenefits`` does what the command ``credbenefits`` does."""

import sys

from credbenefits.cli import program

if __name__ == "__main__":
    sys.exit(program())
