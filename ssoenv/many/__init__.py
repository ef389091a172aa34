"""One command as several profiles: a child for each, their lines, and what became of them."""
