"""The school: a pure core and its SQL; knows nothing of HTTP or sockets."""
