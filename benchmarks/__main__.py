"""``make bench``: the peak of the write path, every ratio from one run."""

from benchmarks.peak import main

if __name__ == "__main__":
    main()
