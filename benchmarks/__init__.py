"""How fast Jishi is, measured the way people meet it. What the figures mean stands in docs/benchmarks.md."""
