"""Entry of `ray job submit`: find the people in videos on the cluster that runs the job.

Example:
    ray job submit --address http://127.0.0.1:8265 --working-dir . -- \
        python jobs/process_videos.py --input /data/trials --out /data/results
"""

from neuropose_ray.cli.ray_job import run_on_cluster

if __name__ == "__main__":
    run_on_cluster("process")
