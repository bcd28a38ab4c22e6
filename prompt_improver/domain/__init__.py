"""What an improvement is and where it is kept, in the standard library alone."""
