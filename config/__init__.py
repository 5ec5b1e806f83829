"""Settings, entry points and the engines: the top of the house."""
