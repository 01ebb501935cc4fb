"""The web face and the composition roots: HTTP, auth, settings, storage, limits, telemetry."""
