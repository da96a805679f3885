"""One module per outside system, each the real side of a port."""
