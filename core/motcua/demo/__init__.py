"""A running platform from nothing: embedded servers, tenants, synthetic people, and a tour."""
