"""Source files with a known truth, for the demo and for tests of any size.

Everything here is pure: a seed goes in, files come out, and beside them the truth
that the writer of the files computed for itself. Nothing here calls the
calculation core, so the two can be held against each other.
"""
