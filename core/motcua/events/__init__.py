"""The event log, the outbox, and jobs: what happened, and what follows from it."""
