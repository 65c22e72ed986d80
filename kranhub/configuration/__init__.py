"""Files that people write: text, YAML validated by pydantic, and mistakes told with file, line and remedy."""
