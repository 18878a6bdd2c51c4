"""Decision models: from the file to code."""
