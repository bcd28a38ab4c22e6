"""The way of an improvement from its answer into the store."""
