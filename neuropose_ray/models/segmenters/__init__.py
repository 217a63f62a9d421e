"""Segmenters of people behind one protocol, and MediaPipe's selfie segmentation."""
