"""The Ray Serve application: poses on demand, durable jobs over HTTP, and an inbox folder."""
