"""Angles of joints and segments: between any three joints, and clinical ones with a written convention."""
