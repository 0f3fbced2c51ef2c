"""Coroutines: asyncio with tasks, async for, async with, async comprehensions, cancellation, errors."""
import asyncio


class Lock:
    async def __aenter__(self):
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *error):
        return error[0] is KeyError


async def ticks(n):
    try:
        for i in range(n):
            yield i
            await asyncio.sleep(0)
    finally:
        n = None


async def work(n):
    async with Lock() as lock:
        async for i in ticks(n):
            if i == 3:
                raise KeyError(lock)
    return [x * 2 async for x in ticks(n) if x % 2]


async def forever():
    try:
        while True:
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        raise


async def fails():
    await asyncio.sleep(0)
    raise ValueError('no')


class Awaited:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return 5


async def main():
    task = asyncio.ensure_future(forever())
    print(await asyncio.gather(*(work(n) for n in range(7))))
    task.cancel()
    print(await asyncio.gather(task, fails(), return_exceptions=True) != [], await Awaited())
    async for i in ticks(5):
        if i == 2:
            break


loop = asyncio.new_event_loop()
loop.run_until_complete(main())
loop.run_until_complete(loop.shutdown_asyncgens())
loop.close()
