"""Grading: five classes, cure and contagion, stages and expected losses of loans. Pure."""
