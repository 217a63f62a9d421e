"""Detectors of people behind one protocol: the boxes of a pose model, and any network in an ONNX file."""
