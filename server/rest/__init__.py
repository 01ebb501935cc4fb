"""One file a resource, one function a route."""
