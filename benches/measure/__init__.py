"""The parts of speed.py and compare.py: the wire and its families, the tools, the runs, and the rows of the table."""
