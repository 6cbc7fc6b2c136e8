"""`python -m qynauth_pqc` is the command `qynauth-pqc`."""

from qynauth_pqc.cli import main

if __name__ == "__main__":
    main()
