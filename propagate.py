"""The same as `vos propagate`, for a checkout: python propagate.py CLIP --mask MASK --out DIR"""

import sys

from vos.cli.main import main

if __name__ == "__main__":
    main(["propagate", *sys.argv[1:]])
