"""The conversation line by line, for plain terminals and pipes. Nothing here knows of screens."""
