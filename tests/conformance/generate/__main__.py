"""Write protocol/vectors again: `python -m tests.conformance.generate`.

Vectors with hedged (ML-DSA) signatures are written once and then kept, for nobody can sign the same twice.
"""

import sys

from tests.conformance.generate.build import build

if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in build())
