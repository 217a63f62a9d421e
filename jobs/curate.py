"""Entry of `ray job submit`: measure the frames of videos and frame folders on the cluster that runs the job.

Example:
    ray job submit --address http://127.0.0.1:8265 --working-dir . -- \
        python jobs/curate.py --input /data/cameras --out /data/results
"""

from neuropose_ray.cli.ray_job import run_on_cluster

if __name__ == "__main__":
    run_on_cluster("curate", "run")
