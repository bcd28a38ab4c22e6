"""The model: providers, the engine behind DSPy, and reading its replies."""
