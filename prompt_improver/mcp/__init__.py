"""The door for agents, over the Model Context Protocol: tools, prompts and resources. Like every
door it holds no rule of its own.

The package ``mcp`` is imported inside functions, by those who serve it.
"""
