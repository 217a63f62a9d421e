"""Rules on live streams: pipelines, the engine that turns what is seen into decisions, and bundles with networks.

A pipeline is YAML or JSON. This one keeps a picture of whoever does squats, counts them, and tells at the end::

    name: squats
    gate:
      min_score: 0.5
      stable: {hits: 3, window: 5}
    rules:
    - name: exercise
      on_enter:
      - {type: save_image, name: picture, key: "{camera_id}/{uuid}.jpg", region: {part: person}, ttl_s: 3600}
      - type: record.create
        name: visit
        collection: exercises
        fields: {session_id: "{session_id}", picture: "{picture.image_key}", begun: "{time}"}
      branches:
      - {type: repetitions, name: squats, target: 10}
      - {type: joint_angles, name: angles, angles: [right_knee_flexion, left_knee_flexion]}
      join: {mode: required, required: [squats]}
      on_complete:
      - type: record.update
        name: result
        collection: exercises
        key: "{visit.id}"
        fields: {squats: "{squats.count}", deepest: "{angles.right_knee_flexion_max}", outcome: "{outcome}"}
      - {type: publish, name: tell, channel: "gym/{camera_id}", message: "{squats.count} squats in {duration_s} s"}
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
