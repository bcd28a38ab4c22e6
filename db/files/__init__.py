"""Private files and locks, whatever is kept in them."""
