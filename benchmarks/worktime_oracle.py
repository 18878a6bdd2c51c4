"""The working-time engine against a counter of minutes, on a million random cases.

    python -m benchmarks.worktime_oracle --cases 1000000

What a case is stands in ``tests/core/worktime/minute_counter.py``; the tests run a few hundred of them. Stops at
the first difference and prints all about it; the same seed gives the same cases.
"""

import argparse
import concurrent.futures
import sys
import time

from tests.core.worktime.minute_counter import run

_BATCH = 5_000


def main() -> int:
    """Try many cases in several processes, with a line for each hundredth of the way."""
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--cases", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--processes", type=int, default=2)
    asked = options.parse_args()
    began, done, told = time.perf_counter(), 0, 0
    batches = [min(_BATCH, asked.cases - n) for n in range(0, asked.cases, _BATCH)]
    seeds = [asked.seed * 1_000_003 + n for n in range(len(batches))]
    with concurrent.futures.ProcessPoolExecutor(asked.processes) as pool:
        for agreed, said in pool.map(run, seeds, batches):
            done += agreed
            if said:
                print(f"after {done:,} cases: {said}")
                pool.shutdown(cancel_futures=True)
                return 1
            if done * 100 // asked.cases > told:
                told = done * 100 // asked.cases
                each = (time.perf_counter() - began) / done
                print(
                    f"{done:>12,} of {asked.cases:,} agree, {each * 1e6:,.0f} us each", flush=True
                )
    print(f"all {done:,} cases agree ({time.perf_counter() - began:,.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
