"""The gates of the factory: each looks at a draft and lets it pass or not; none repairs, none does IO."""
