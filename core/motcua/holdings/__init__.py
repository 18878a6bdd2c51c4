"""What a person holds here: results and papers in one place, used again, shared for a time, withdrawn when wrong."""
