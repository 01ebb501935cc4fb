"""The fast path under python-socketio."""
