"""What is known of each venue, as data, and how its records are understood."""
