"""The dossier: codes, states, components, supplements, the statutory clock, the result."""
