"""Raw idea in, structured prompt out."""
