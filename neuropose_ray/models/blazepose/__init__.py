"""BlazePose GHUM on LiteRT, the embedded default."""
