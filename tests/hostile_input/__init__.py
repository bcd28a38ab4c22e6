"""Input that nobody means well with: over the OpenAPI document, and byte by byte."""
