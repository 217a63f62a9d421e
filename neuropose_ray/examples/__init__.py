"""Short programs to start from: run them as ``python -m neuropose_ray.examples.NAME``, or copy them and change them.

- :mod:`.one_video`: a video, a look at its poses, and the range of motion of its knees.
- :mod:`.cohort`: many videos, analysed alike, as one table.
- :mod:`.own_pose_model`: a pose model of one's own in the pipeline.
- :mod:`.service_client`: a job of a running service, from upload to results.
"""
