"""`python -m tacit.cli` is the `tacit` command."""

from tacit.cli import main

if __name__ == "__main__":  # and not where a process that helps it begins
    main()
