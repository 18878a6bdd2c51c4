"""The desk: where officers call, receive and settle."""
