"""Reception: sites, lines, counters, tickets, and what the hall shows."""
