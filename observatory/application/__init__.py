"""The use cases: one callable each, and the only place where the stages meet."""
