"""`python -m web` prints the OpenAPI document: the screens' build makes its types from it."""

from __future__ import annotations

import sys

from web.app import DOCUMENT
from web.gate import encode

if __name__ == "__main__":
    sys.stdout.buffer.write(encode(DOCUMENT) + b"\n")
