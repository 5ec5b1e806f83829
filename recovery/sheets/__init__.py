"""Source files to records, rows to files. The only place that knows file formats."""
