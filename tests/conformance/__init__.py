"""The kernel's arithmetic against published figures and independent libraries.

``GROUPS`` in ``registry.py`` lists what is compared; ``python -m tests.conformance`` writes the
table of it into ``docs/conformance.md``; under pytest every group is one test.
"""
