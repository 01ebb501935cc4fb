"""Live classes and their timetable."""
