"""Compare the process engine with the structural oracle on many random processes.

    python -m benchmarks.process_oracle 10000          # seeds 0-9,999
    python -m benchmarks.process_oracle 500 20000      # 500 seeds from 20,000

Prints a count while it runs, every seed that differs, and what was compared at the end.
"""

import sys
import time

from tests.core.process.oracle import check

from motcua.errors import Problem


def main(arguments: list[str]) -> int:
    """Run the seeds; return 1 if one of them differs."""
    many = int(arguments[0]) if arguments else 10_000
    first = int(arguments[1]) if len(arguments) > 1 else 0
    wrong: list[int] = []
    steps, began = 0, time.perf_counter()
    for seed in range(first, first + many):
        try:
            steps += check(seed)
        except (AssertionError, Problem, LookupError, StopIteration) as error:
            wrong.append(seed)
            print(f"seed {seed}: {type(error).__name__} {error}")
        if (seed - first + 1) % 500 == 0:
            print(f"{seed - first + 1} of {many} processes, {steps} steps, {len(wrong)} wrong")
    seconds = time.perf_counter() - began
    print(f"{many} processes, {steps} steps, {len(wrong)} wrong, {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
