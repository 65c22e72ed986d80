"""Files that people write: text, YAML validated by pydantic, and mistakes reported with file, line and remedy.

`text_file` reads UTF-8, `yaml_file` loads a file into a model, `checks` are for the models' validators, and
`validation_texts` translates the messages of pydantic and PyYAML. It may import ``values``, ``errors`` and ``text``,
nothing that knows what is in the files.
"""
