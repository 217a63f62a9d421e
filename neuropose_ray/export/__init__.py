"""Files for other tools, made from predictions.parquet."""
