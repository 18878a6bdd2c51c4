"""The portal: where citizens search, apply, follow and receive."""
