"""A plain, slow evaluator of PromQL: what an answer has to be, step by step and without a trick. See README.md."""
