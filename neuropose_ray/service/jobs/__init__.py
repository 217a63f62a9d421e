"""Durable jobs: a queue and workflows that survive whatever dies."""
