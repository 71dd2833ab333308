"""A study declared in a TOML file: read, checked against its data, and run to a brief."""
