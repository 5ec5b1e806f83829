"""Source files read apart: a limited process of its own turns them into rows."""
