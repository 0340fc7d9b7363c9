"""Jobs on other machines: `ray_cluster` and `slurm` are executors as `gyges.scenarios.executor.Executor` is.

A worker is given a pure job and returns its result; it writes into no database and needs none of the driver's
files but those that a job names. It runs the driver's own version of the package, or the job is refused.
"""
