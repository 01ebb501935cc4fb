"""Socket.IO: who is in the class, what they say, and how their media is negotiated."""
