"""`python -m yinuo` is the `yinuo` command."""

import sys

from yinuo.config.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
