"""Weights of pose models: a catalogue of those known by name, and a cache that fetches and checks them."""

from neuropose_ray.models.weights.catalogue import CATALOGUE, CatalogueEntry, WeightSource, resolve
from neuropose_ray.models.weights.settings import WeightSettings
from neuropose_ray.models.weights.store import Weights, WeightStore

__all__ = ["CATALOGUE", "CatalogueEntry", "WeightSettings", "WeightSource", "WeightStore", "Weights", "resolve"]
