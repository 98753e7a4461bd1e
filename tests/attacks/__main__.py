"""Print the table of the page docs/explanation/attacks.md: `python -m tests.attacks`."""

import sys

from tests.attacks.page import table
from tests.attacks.table import ATTACKS

if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table(ATTACKS))
