"""The neutral case format: a document of cases in, a document of results out."""
