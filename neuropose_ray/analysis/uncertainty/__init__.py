"""How far off a measure may be: error bands, whether a measure can be relied on, and why not, as data."""
