"""A program that becomes another one which does not outlive whoever started it. Run as a script, never imported.

Arguments: the pid of the parent, the program, its arguments. A `preexec_fn` would do the same inside a fork of a
process that has threads, where taking any lock may hang. Only Linux has the signal; elsewhere the parent's orderly end
is the only one that ends the child.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The parent may have ended before the line above.
        if os.getppid() != int(sys.argv[1]):
            sys.exit(1)
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the program and its arguments are ours
