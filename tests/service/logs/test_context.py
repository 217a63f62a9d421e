"""Ids belong to the thread, or the task, that is at something, and to nobody else."""

import asyncio
import threading

from neuropose_ray.service.logs.context import current_ids, log_context


def test_ids_are_added_inside_and_gone_afterwards_also_after_an_error():
    assert not current_ids()
    try:
        with log_context(job="a"), log_context(step="pose"):
            assert dict(current_ids()) == {"job": "a", "step": "pose"}
            raise ValueError
    except ValueError:
        assert not current_ids()


def test_threads_and_tasks_do_not_see_each_others():
    seen: dict[str, dict[str, str]] = {}

    def work(name: str) -> None:
        with log_context(job=name):
            barrier.wait()
            seen[name] = dict(current_ids())

    barrier = threading.Barrier(3)
    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {name: {"job": name} for name in "abc"}

    async def task(name: str) -> dict[str, str]:
        with log_context(request=name):
            await asyncio.sleep(0)
            return dict(current_ids())

    async def all_tasks() -> list[dict[str, str]]:
        return await asyncio.gather(*map(task, "abc"))

    assert asyncio.run(all_tasks()) == [{"request": name} for name in "abc"]
